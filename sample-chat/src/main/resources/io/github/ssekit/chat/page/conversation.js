// The conversation as the page shows it: messages, people, notes. Everything that arrives was written by somebody else, so it
// becomes text (textContent), never markup.
"use strict";

const MAX_LINES = 500; // lines in the conversation
const LIMITS = { user: 40, message: 2000, foreign: 200, raw: 20_000 }; // characters shown
const REASONS = {
  oversized: "A message was too large to deliver and is missing here.",
  overrun: "This page was too slow to keep up: some messages are missing here.",
  reconnected: "The server lost Redis for a moment: messages of other programs may be missing here.",
  trimmed: "Some messages could not be recovered: the server no longer keeps them.",
  lost: "Messages were lost: some may be missing here.",
  rewound: "Redis came back without its latest messages: some may be missing here.",
};

const byId = (id) => document.getElementById(id);
const [log, form, user, message, problem] = ["log", "say", "user", "message", "problem"].map(byId);
// Only the characters of a room's name: the page shows them as part of a command that people copy.
const room = /^\/chats\/([A-Za-z0-9][\w-]*)/.exec(location.pathname)?.[1] ?? "lobby";

/** Reads or writes a value that this tab keeps for this room across reloads. */
function session(name, value) {
  try {
    const key = `ssekit.chat.${room}.${name}`;
    if (value !== undefined) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key);
  } catch {
    return null; // storage is forbidden: a reload starts like a new tab
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

/** Adds a line at the end, but before unconfirmed messages: they will come after it in the history. */
function append(line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (!line.classList.contains("event")) byId("welcome")?.remove();
  const first = line.classList.contains("pending") ? null : log.querySelector(".pending");
  if (first !== line) log.insertBefore(line, first);
  while (log.childElementCount > MAX_LINES) {
    log.firstElementChild.remove();
    log.firstElementChild.classList.remove("continued");
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
}

const appendNote = (className, text) => append(element("p", className, text));

/** The time in an id: Redis's clock, which may be slightly ahead of ours. */
const timeOf = (id) => new Date(Math.min(Date.now(), Number.parseInt(id, 10) || Infinity));

let lastDay = "";
function appendDay(at) {
  const day = at.toLocaleDateString([], { weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const today = at.toDateString() === new Date().toDateString();
  if (day !== lastDay) appendNote("day", today ? "Today" : day);
  lastDay = day;
}

/** A paragraph with links for http and https addresses only. */
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

const pending = new Map(); // token -> line of a message from this page that has not come back yet
function appendMessage(from, text, id, token) {
  const own = from.trim() === user.value.trim();
  const line = pending.get(token) ?? messageLine(from, text, own);
  pending.delete(token);
  if (token !== undefined && token === unsent.token) sent();
  const at = timeOf(id);
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
 * Shows an event of the channel. Anyone may publish anything there: data that is not a message of the chat becomes a short,
 * marked line. The id is empty for an event without history.
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
/** Shows a message of the history, unless it is shown already. */
function showKept(data, id) {
  if (shown.has(id)) return;
  shown.add(id);
  if (shown.size > 2 * MAX_LINES) shown.delete(shown.values().next().value);
  if (!session("since")) session("since", id); // a reload shows messages from here on
  show(data, id);
  if (Date.now() < backUntil) caughtUp++;
}

function onReset(event) {
  const reset = parsed(event.data);
  // The server sends all names again within seconds, and typing is over by then.
  if (/^(presence:|typing:|draining$)/.test(reset?.channel)) return;
  const reason = String(reset?.reason ?? "");
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : null;
  appendNote("note", known ?? `Some messages could not be recovered${reason && ` (${cut(reason, 40)})`}.`);
}

// --- People in the room, people typing, unread messages ---

let here = null;
/** Shows the people in the room. Each event has all names; this function finds the people who joined or left. */
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

const TYPING = 5_000; // milliseconds that a person counts as typing after an event
const typing = new Map(); // name -> time until which the person counts as typing

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
