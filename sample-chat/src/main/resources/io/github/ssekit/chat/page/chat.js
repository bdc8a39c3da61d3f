// Everything that arrives was written by somebody else: it becomes text (textContent), never markup.
"use strict";

const KEPT = 500; // lines in the conversation
const LIMITS = { user: 40, message: 2000, foreign: 200 }; // characters shown; the server allows no more of the first two
const REASONS = {
  oversized: "A message was too large to be delivered and is left out.",
  overrun: "This page was too slow to keep up: some messages are missing here.",
  reconnected: "The server had lost Redis for a moment: what other programs said may be missing here.",
  trimmed: "Some messages are missing here: so old ones are not kept.",
  lost: "Messages were lost: some may be missing here.",
  rewound: "Redis came back without its latest messages: some may be missing here.",
};

const byId = (id) => document.getElementById(id);
const [log, form, user, message, problem] = ["log", "say", "user", "message", "problem"].map(byId);
const [connection, send] = ["connection", "send"].map(byId);

/** What this tab remembers over a reload: gives it, or sets it. */
function session(name, value) {
  try {
    if (value !== undefined) sessionStorage.setItem("ssekit.chat." + name, value);
    return sessionStorage.getItem("ssekit.chat." + name);
  } catch {
    return null; // Storage is forbidden here: a reload shows what a newcomer sees.
  }
}

// --- The conversation ---

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  made.dir = "auto"; // a right-to-left text, or a stray direction mark, stays within its own box
  return made;
}

function cut(text, limit) {
  return text.length <= limit ? text : text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "") + "…";
}

function append(line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  byId("welcome")?.remove();
  log.append(line);
  while (log.childElementCount > KEPT) {
    log.firstElementChild.remove();
    log.firstElementChild.classList.remove("continued");
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function appendNote(className, text) {
  append(element("p", className, text));
}

/** The words for when a message was said: an id begins with Redis's clock, which may be a little ahead of ours. */
function time(id) {
  const now = new Date();
  const at = id === "" ? now : new Date(Math.min(now, Number.parseInt(id, 10)));
  const day = at.toDateString() === now.toDateString() ? {} : { month: "short", day: "numeric" };
  return at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
}

function appendMessage(from, text, id) {
  const name = cut(from.trim(), LIMITS.user);
  const own = from.trim() === user.value.trim();
  const line = element("div", own ? "message own" : "message");
  const last = log.lastElementChild;
  line.dataset.from = name;
  line.dataset.kept = id !== "";
  const same = last?.dataset.from === name && last.dataset.kept === line.dataset.kept;
  if (same && last.classList.contains("own") === own) line.classList.add("continued");

  const initial = element("span", "initial", Array.from(name)[0].toUpperCase());
  initial.dataset.hue = Array.from(name).reduce((sum, c) => sum + c.codePointAt(0), 0) % 6;
  initial.ariaHidden = "true";
  const by = element("p", "by");
  by.append(element("bdi", "name", name), own ? " (you) " : " ");
  by.append(element("time", "", time(id)), id === "" ? " · not kept" : "");
  line.append(initial, by, element("p", "text", cut(text, LIMITS.message)));
  append(line);
}

/**
 * Anyone may publish anything to the channel: what is not one of our messages is shown as a short, marked line.
 * The id is empty for what is not kept.
 */
function show(data, id) {
  let body = null;
  try {
    body = JSON.parse(data);
  } catch {
    // Not JSON: body stays null.
  }
  const written = (field) => typeof field === "string" && field.trim() !== "";
  if (written(body?.user) && written(body?.message)) {
    appendMessage(body.user, body.message, id);
  } else {
    const start = cut(data, LIMITS.foreign).replace(/\s+/g, " ").trim();
    appendNote("foreign", start || "(blank)");
  }
}

const shown = new Set();

/** Shows a message of the history, unless it is there already. */
function showKept(data, id) {
  if (shown.has(id)) return;
  shown.add(id);
  if (shown.size > 2 * KEPT) shown.delete(shown.values().next().value);
  if (!session("since")) session("since", id); // where a reload begins
  show(data, id);
}

function onReset(event) {
  let reason = "";
  try {
    reason = String(JSON.parse(event.data).reason);
  } catch {
    // Whatever its data: messages may have been missed, and that must be said.
  }
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : null;
  appendNote("note", known ?? `Some messages may be missing here${reason && ` (${cut(reason, 40)})`}.`);
}

// --- The connection ---

const [PAUSE, LONGEST_PAUSE] = [1_000, 10_000]; // milliseconds
let pause = PAUSE;

function state(name, words) {
  connection.dataset.state = name;
  connection.textContent = words;
}

/** Shows what was said before, and goes on from there: nothing falls between. */
async function connect() {
  try {
    const since = session("since");
    const query = since ? "?since=" + encodeURIComponent(since) : "";
    const response = await fetch(form.action + "/recent" + query, { signal: AbortSignal.timeout(15_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const recent = await response.json();
    recent.messages.forEach((each) => showKept(each.data, each.id));
    listen(recent.position);
  } catch {
    state("reconnecting", "Reconnecting…");
    setTimeout(connect, pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

function listen(position) {
  const keeper = new EventSourceKeeper(form.action + "/new", { lastEventId: position });
  keeper.onstatechange = () => {
    if (keeper.state === "open") state("open", "Connected");
    if (keeper.state === "waiting") state("reconnecting", "Reconnecting…");
    if (keeper.state === "closed") state("none", "Not connected");
  };
  keeper.onmessage = (event) => showKept(event.data, event.lastEventId);
  keeper.addEventListener("live", (event) => show(event.data, "")); // its lastEventId is that of the event before
  keeper.addEventListener("stream-reset", onReset);
}

// --- Writing ---

/** Says what is wrong next to the boxes, marks the one it is about, and takes nothing away from what was typed. */
function complain(text) {
  problem.textContent = cut(text, 300);
  const wrong = /^\W*user\b/i.test(text) ? user : message;
  for (const box of [user, message]) box.ariaInvalid = String(text !== "" && box === wrong);
}

async function refusal(response) {
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  return ((plain && (await response.text())) || `Not sent: the server answered ${response.status}.`).trim();
}

let unsent = {}; // what was not sent for certain, with its token: sent again as it is, it can't appear twice

function withToken(from, text) {
  if (unsent.user !== from || unsent.message !== text) {
    // Not randomUUID, which only pages from https and localhost have.
    const token = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");
    unsent = { user: from, message: text, token };
  }
  return unsent;
}

async function post(text) {
  try {
    const body = new URLSearchParams(withToken(user.value.trim(), text));
    const response = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(15_000) });
    if (!response.ok) return await refusal(response);
    unsent = {};
    return "";
  } catch {
    return "The server can't be reached. Send the message again, it can't appear twice.";
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = message.value;
  if (send.ariaDisabled === "true" || text.trim() === "") return;
  send.ariaDisabled = "true"; // not `disabled`, which would take the focus away
  const complaint = await post(text);
  send.ariaDisabled = "false";
  complain(complaint);
  // Only what was sent is cleared: the next message may already have been started.
  if (complaint === "" && message.value.startsWith(text)) message.value = message.value.slice(text.length);
  message.focus();
});

message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// --- The name ---

const NAME = "ssekit.chat.name";

try {
  user.value ||= localStorage.getItem(NAME) ?? "";
  user.addEventListener("change", () => localStorage.setItem(NAME, user.value.trim()));
} catch {
  // Storage is forbidden here: the name is asked for each time.
}
(user.value ? message : user).focus();
state("connecting", "Connecting…");
connect();
