// Everything that arrives was written by somebody else: it becomes text (textContent), never markup.
"use strict";

const KEPT = 500; // lines in the conversation
const LIMITS = { user: 40, message: 2000, foreign: 200, raw: 20_000 }; // characters shown
const REASONS = {
  oversized: "A message was too large to be delivered and is left out.",
  overrun: "This page was too slow to keep up: some messages are missing here.",
  reconnected: "The server had lost Redis for a moment: what other programs said may be missing here.",
  trimmed: "Some messages could not be recovered: so old ones are not kept.",
  lost: "Messages were lost: some may be missing here.",
  rewound: "Redis came back without its latest messages: some may be missing here.",
};

const byId = (id) => document.getElementById(id);
const [log, form, user, message, problem] = ["log", "say", "user", "message", "problem"].map(byId);
const [connection, send, raw] = ["connection", "send", "raw"].map(byId);
const room = location.pathname.split("/")[2] || "lobby";
const address = "/chats/" + room;

/** What this tab remembers of this room over a reload: gives it, or sets it. */
function session(name, value) {
  try {
    const key = `ssekit.chat.${room}.${name}`;
    if (value !== undefined) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key);
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

const cut = (text, limit) => (text.length <= limit ? text : text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "") + "…");

/** Adds a line at the end, or before what is not confirmed yet: that comes after it, when it comes. */
function append(line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (!line.classList.contains("event")) byId("welcome")?.remove();
  const first = line.classList.contains("pending") ? null : log.querySelector(".pending");
  if (first !== line) log.insertBefore(line, first);
  while (log.childElementCount > KEPT) {
    log.firstElementChild.remove();
    log.firstElementChild.classList.remove("continued");
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
}

const appendNote = (className, text) => append(element("p", className, text));

/** An id begins with Redis's clock, which may be a little ahead of ours. */
const when = (id) => new Date(Math.min(Date.now(), Number.parseInt(id, 10) || Infinity));

let lastDay = "";
function appendDay(at) {
  const day = at.toLocaleDateString([], { weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const today = at.toDateString() === new Date().toDateString();
  if (day !== lastDay) appendNote("day", today ? "Today" : day);
  lastDay = day;
}

/** A paragraph in which http and https addresses, and no others, are links. */
function paragraph(text) {
  const made = element("p", "text");
  for (const part of cut(text, LIMITS.message).split(/(https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]}…])/i)) {
    const link = /^https?:\/\//i.test(part) && URL.canParse(part) ? element("a", "", part) : null;
    if (link) Object.assign(link, { href: part, rel: "noopener noreferrer nofollow", target: "_blank" });
    made.append(link ?? part);
  }
  return made;
}

function messageLine(from, text, own) {
  const name = cut(from.trim(), LIMITS.user);
  const line = element("div", own ? "message own" : "message");
  line.dataset.from = name;
  const initial = element("span", "initial", Array.from(name)[0].toUpperCase());
  initial.dataset.hue = Array.from(name).reduce((sum, c) => sum + c.codePointAt(0), 0) % 6;
  initial.ariaHidden = "true";
  const by = element("p", "by");
  by.append(element("bdi", "name", name), own ? " (you) " : " ", element("time", ""), "");
  line.append(initial, by, paragraph(text));
  return line;
}

const pending = new Map(); // lines of this page that have not come back yet, by their token
function appendMessage(from, text, id, token) {
  const own = from.trim() === user.value.trim();
  const line = pending.get(token) ?? messageLine(from, text, own);
  pending.delete(token);
  const at = when(id);
  if (id !== "") appendDay(at);
  line.classList.remove("pending");
  line.querySelector("time").textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  line.querySelector(".by").lastChild.textContent = id === "" ? " · not kept" : "";
  line.dataset.kept = id !== "";
  append(line);
  const before = line.previousElementSibling;
  const same = ["from", "kept"].every((each) => before?.dataset[each] === line.dataset[each]);
  line.classList.toggle("continued", same && before.classList.contains("own") === own);
  typing.delete(line.dataset.from);
  showTyping();
  if (document.hidden) showUnread(unread + 1);
}

/**
 * Anyone may publish anything to the channel: what is not one of our messages is shown as a short, marked line.
 * The id is empty for what is not kept.
 */
function show(data, id) {
  const body = parsed(data);
  const written = (field) => typeof field === "string" && field.trim() !== "";
  if (written(body?.user) && written(body?.message)) {
    appendMessage(body.user, body.message, id, id === "" ? undefined : body.token);
  } else {
    appendNote("foreign", cut(data, LIMITS.foreign).replace(/\s+/g, " ").trim() || "(blank)");
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
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
  if (Date.now() < backUntil) caughtUp++;
}

function onReset(event) {
  const reset = parsed(event.data);
  // Of who is here, all is told again within seconds; who was typing is past.
  if (/^(presence:|typing:|draining$)/.test(reset?.channel)) return;
  const reason = String(reset?.reason ?? "");
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : null;
  appendNote("note", known ?? `Some messages could not be recovered${reason && ` (${cut(reason, 40)})`}.`);
}

// --- Who is here, who is typing, what was not seen ---

let here = null;
/** Each event has all names: what has changed is found out here. */
function onPresence(event) {
  const { here: names, count } = parsed(event.data) ?? {};
  if (!Array.isArray(names) || !Number.isInteger(count)) return;
  const now = new Set(names.map((name) => cut(String(name), LIMITS.user)));
  const others = (set) => [...(set ?? [])].filter((name) => name !== user.value.trim());
  for (const name of others(here && now)) if (!here.has(name)) appendNote("event", `${name} joined`);
  for (const name of others(here)) if (!now.has(name)) appendNote("event", `${name} left`);
  here = now;
  byId("here").textContent = `${count} here${count ? ": " : ""}${[...now].join(", ")}${count > now.size ? "…" : ""}`;
  byId("here").title = byId("here").textContent;
}

const TYPING = 5_000; // milliseconds that it counts
const typing = new Map(); // until when, by name

function onTyping(event) {
  const name = parsed(event.data)?.user;
  if (typeof name !== "string" || name === user.value.trim() || typing.size > 20) return;
  typing.set(cut(name, LIMITS.user), Date.now() + TYPING);
  showTyping();
  setTimeout(showTyping, TYPING + 100);
}

function showTyping() {
  for (const [name, until] of typing) if (until < Date.now()) typing.delete(name);
  const names = [...typing.keys()];
  const words = [`${names[0]} is typing…`, `${names[0]} and ${names[1]} are typing…`, "Several people are typing…"];
  byId("typing").textContent = names.length === 0 ? "" : words[Math.min(names.length, 3) - 1];
}

let unread = 0;
function showUnread(count) {
  unread = count;
  document.title = `${count ? `(${count}) ` : ""}${room} · SSE Kit`;
}
document.addEventListener("visibilitychange", () => document.hidden || showUnread(0));

// --- The connection ---

const PAUSE = 2_000; // milliseconds
let position = ""; // all messages of the history up to here are shown
let keeper = null;
let [interrupted, draining] = [false, false];
let [backUntil, caughtUp] = [0, 0]; // until when that which was missed comes, and how much it was

function state(name, words, seconds = "") {
  connection.dataset.state = name;
  // Without the seconds, which would be read out one by one.
  if (connection.firstChild?.textContent !== words) connection.textContent = words;
  if (!connection.lastElementChild) connection.append(element("span", ""));
  connection.lastElementChild.textContent = seconds;
  connection.lastElementChild.ariaHidden = "true";
}

function showState() {
  if (keeper.state === "open") {
    draining = false;
    const back = Date.now() < backUntil;
    const many = caughtUp === 1 ? "1 message" : `${caughtUp} messages`;
    const node = keeper.headers["x-chat-node"];
    state("open", back && caughtUp > 0 ? `Back, ${many} caught up` : `Connected to ${node}`);
    if (back) setTimeout(showState, 200);
  } else if (keeper.state === "closed") {
    state("closed", `The server refuses (${keeper.status}): reload the page`);
  } else {
    const words = draining ? "The server shuts down: moving to another" : interrupted ? "Reconnecting" : "Connecting";
    const left = Math.ceil((keeper.retryAt - Date.now()) / 1000);
    state("reconnecting", words + (left > 0 ? " in" : "…"), left > 0 ? `${left} s` : "");
    if (keeper.retryAt > 0) setTimeout(showState, 250);
  }
}

function onState() {
  if (keeper.state === "connecting" && !interrupted && connection.dataset.state === "open") {
    setTimeout(showState, 1_000); // made anew, as a page that was hidden does: not worth a word, if it is quick
    return;
  }
  if (keeper.state === "open" && interrupted) [backUntil, caughtUp] = [Date.now() + 3_000, 0];
  if (keeper.state === "waiting") draining &&= !interrupted; // of the first try only
  interrupted = keeper.state === "waiting" || (interrupted && keeper.state !== "open");
  showState();
}

/** Shows what was said before, and goes on from there: nothing falls between. */
async function connect() {
  try {
    const query = "?since=" + encodeURIComponent(session("since") ?? "");
    const response = await fetch(address + "/recent" + query, { signal: AbortSignal.timeout(15_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const recent = await response.json();
    recent.messages.forEach((each) => showKept(each.data, each.id));
    onPresence({ data: JSON.stringify(recent.presence ?? null) });
    position = recent.position;
    listen();
  } catch {
    state("reconnecting", "Reconnecting…");
    setTimeout(connect, PAUSE);
  }
}

/** Opens the stream as who is named now. */
function listen() {
  const name = user.value.trim();
  const url = address + "/events" + (name ? "?name=" + encodeURIComponent(name) : "");
  if (keeper) position = keeper.lastEventId || position;
  keeper?.close();
  const opened = new EventSourceKeeper(url, { lastEventId: position });
  keeper = opened;
  const on = (type, react) => opened.addEventListener(type, (event) => keeper === opened && react(event));
  on("statechange", onState);
  on("message", (event) => (event.hasOwnId ? showKept(event.data, event.lastEventId) : show(event.data, "")));
  on("draining", () => (draining = true));
  for (const [type, react] of [["presence", onPresence], ["typing", onTyping], ["stream-reset", onReset]]) on(type, react);
  showState();
}

// --- The stream itself, for the curious ---

let watching = null;
async function watch() {
  watching = new AbortController();
  try {
    const response = await fetch(address + "/events", { signal: watching.signal, cache: "no-store" });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      raw.textContent = (raw.textContent + read.value).slice(-LIMITS.raw);
      raw.scrollTop = raw.scrollHeight;
    }
    raw.textContent += "(the stream has ended)";
  } catch {
    raw.textContent += "(the stream has broken)";
  }
}

byId("show-raw").addEventListener("click", () => {
  [raw.hidden, raw.textContent] = [!raw.hidden, ""];
  byId("show-raw").ariaPressed = String(!raw.hidden);
  if (raw.hidden) watching.abort();
  else watch();
});

// --- Writing ---

/** Says what is wrong next to the boxes, marks the one it is about, and takes nothing away from what was typed. */
function complain(text) {
  problem.textContent = cut(text, 300);
  const wrong = /^\W*user\b/i.test(text) ? user : message;
  for (const box of [user, message]) box.ariaInvalid = String(text !== "" && box === wrong);
}

async function refusal(response) {
  if (response.ok) return "";
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

function post(path, body, timeout) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return fetch(address + path, { ...request, signal: AbortSignal.timeout(timeout) });
}

/** Shows the message at once; it is confirmed when it comes back. Returns what went wrong, or nothing. */
async function say(text) {
  const body = withToken(user.value.trim(), text);
  const line = pending.get(body.token) ?? messageLine(body.user, text, true);
  line.classList.add("pending");
  line.querySelector(".by").lastChild.textContent = " · sending…";
  pending.set(body.token, line);
  append(line);
  log.scrollTop = log.scrollHeight;
  const unreachable = "The server can't be reached. Send the message again, it can't appear twice.";
  const wrong = await post("", body, 15_000).then(refusal).catch(() => unreachable);
  if (wrong === "") unsent = {};
  else if (pending.delete(body.token)) line.remove(); // its text is still in the box
  return wrong;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = message.value;
  if (send.ariaDisabled === "true" || text.trim() === "") return;
  send.ariaDisabled = "true"; // not `disabled`, which would take the focus away
  const complaint = await say(text);
  send.ariaDisabled = "false";
  complain(complaint);
  // Only what was sent is cleared: the next message may already have been started.
  if (complaint === "" && message.value.startsWith(text)) message.value = message.value.slice(text.length);
  message.focus();
});

message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

let typed = 0;
message.addEventListener("input", () => {
  if (Date.now() - typed < TYPING / 2 || message.value.trim() === "" || user.value.trim() === "") return;
  typed = Date.now();
  post("/typing", { user: user.value.trim() }, 5_000).catch(() => {}); // Not worth a word.
});

// --- The name, and the room ---

const cookie = /(?:^|; )ssekit-name=([^;]*)/.exec(document.cookie);
if (cookie) user.value ||= decodeURIComponent(cookie[1]);
user.addEventListener("change", () => {
  const year = 365 * 24 * 60 * 60;
  document.cookie = `ssekit-name=${encodeURIComponent(user.value.trim())}; SameSite=Strict; Path=/chats; Max-Age=${year}`;
  if (keeper) listen();
});
byId("go").addEventListener("submit", (event) => {
  event.preventDefault();
  location.href = "/chats/" + encodeURIComponent(byId("room").value);
});
byId("title").textContent = room === "lobby" ? "Lobby" : room;
byId("to-lobby").hidden = byId("in-room").hidden = room === "lobby";
byId("in-lobby").hidden = room !== "lobby";
byId("by-curl").textContent = `curl -d 'user=me&message=hello' ${location.origin}${address}`;
showUnread(0);
(user.value ? message : user).focus();
state("connecting", "Connecting…");
connect();
