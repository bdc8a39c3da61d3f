// Everything that arrives was written by somebody else: it becomes text (textContent), never markup.
"use strict";

const KEPT = 500; // lines in the conversation
const LIMITS = { user: 40, message: 2000, foreign: 200 }; // characters shown; the server allows no more of the first two
const REASONS = {
  oversized: "A message was too large to be delivered and is left out.",
  overrun: "This page was too slow to keep up: some messages are missing here.",
  reconnected: "The server had lost Redis for a moment: some messages may be missing here.",
};

const byId = (id) => document.getElementById(id);
const [log, form, user, message, problem] = ["log", "say", "user", "message", "problem"].map(byId);
const [connection, reconnect, send] = ["connection", "reconnect", "send"].map(byId);

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

function appendMessage(from, text) {
  const name = cut(from.trim(), LIMITS.user);
  const own = from.trim() === user.value.trim();
  const line = element("div", own ? "message own" : "message");
  const last = log.lastElementChild;
  if (last?.dataset.from === name && last.classList.contains("own") === own) line.classList.add("continued");
  line.dataset.from = name;

  const initial = element("span", "initial", Array.from(name)[0].toUpperCase());
  initial.dataset.hue = Array.from(name).reduce((sum, c) => sum + c.codePointAt(0), 0) % 6;
  initial.ariaHidden = "true";
  const by = element("p", "by");
  by.append(element("bdi", "name", name), own ? " (you) " : " ");
  by.append(element("time", "", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  line.append(initial, by, element("p", "text", cut(text, LIMITS.message)));
  append(line);
}

/** Anyone may publish anything to the channel: what is not one of our messages is shown as a short, marked line. */
function onMessage(event) {
  let body = null;
  try {
    body = JSON.parse(event.data);
  } catch {
    // Not JSON: body stays null.
  }
  const written = (field) => typeof field === "string" && field.trim() !== "";
  if (written(body?.user) && written(body?.message)) {
    appendMessage(body.user, body.message);
  } else {
    const start = cut(event.data, LIMITS.foreign).replace(/\s+/g, " ").trim();
    appendNote("foreign", start || "(blank)");
  }
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

let source = null;

function show(state, words) {
  connection.dataset.state = state;
  connection.textContent = words;
  reconnect.hidden = state !== "closed";
}

function connect() {
  let lost = false;
  source?.close();
  source = new EventSource(form.action + "/new");
  show("connecting", "Connecting…");
  source.onopen = () => {
    show("open", "Connected");
    if (lost) appendNote("note", "Connected again. What was said in between may be missing here.");
  };
  source.onerror = () => {
    lost = true;
    if (source.readyState === EventSource.CLOSED) {
      show("closed", "Closed by the server");
    } else {
      show("reconnecting", "Reconnecting…");
    }
  };
  source.onmessage = onMessage;
  source.addEventListener("stream-reset", onReset);
}

reconnect.addEventListener("click", () => {
  connect();
  message.focus(); // the button disappears, and the focus must not disappear with it
});

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

async function post(text) {
  try {
    const body = new URLSearchParams({ user: user.value.trim(), message: text });
    const response = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(15_000) });
    return response.ok ? "" : await refusal(response);
  } catch {
    return "The server can't be reached. Your message may not have been sent.";
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
connect();
