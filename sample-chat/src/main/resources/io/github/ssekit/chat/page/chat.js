// The chat's connection and its forms. Shows events with conversation.js, which the page loads first.
"use strict";

const [connection, send, raw] = ["connection", "send", "raw"].map(byId);
const address = "/chats/" + room;

// --- The connection ---

const PAUSE = 2_000; // milliseconds between attempts to load recent messages
let position = ""; // all messages of the history up to this id are shown
let keeper = null;
let [interrupted, draining] = [false, false];
let [backUntil, caughtUp] = [0, 0]; // the end of the time in which messages count as caught up after a reconnect; their number

function state(name, words, seconds = "") {
  connection.dataset.state = name;
  // Screen readers would read out every second, so the seconds are hidden from them.
  if (connection.firstChild?.textContent !== words) connection.textContent = words;
  if (!connection.lastElementChild) connection.append(element("span", ""));
  connection.lastElementChild.textContent = seconds;
  connection.lastElementChild.ariaHidden = "true";
}

let showing; // the timer of the next showState: a single timer, however often the state changes
function showAgain(ms) {
  clearTimeout(showing);
  showing = setTimeout(showState, ms);
}

function showState() {
  if (keeper.state === "open") {
    draining = false;
    const back = Date.now() < backUntil;
    const many = caughtUp === 1 ? "1 message" : `${caughtUp} messages`;
    const node = keeper.headers["x-chat-node"];
    state("open", back && caughtUp > 0 ? `Back, ${many} caught up` : `Connected to ${node}`);
    if (back) showAgain(200);
  } else if (keeper.state === "closed") {
    state("closed", `The server refuses (${keeper.status}): reload the page`);
  } else {
    const words = draining ? "The server shuts down: moving to another" : interrupted ? "Reconnecting" : "Connecting";
    const left = Math.ceil((keeper.retryAt - Date.now()) / 1000);
    state("reconnecting", words + (left > 0 ? " in" : "…"), left > 0 ? `${left} s` : "");
    if (keeper.retryAt > 0) showAgain(250);
  }
}

function onState() {
  if (keeper.state === "connecting" && !interrupted && connection.dataset.state === "open") {
    showAgain(1_000); // a page that was hidden reconnects: show nothing if the reconnect is quick
    return;
  }
  if (keeper.state === "open" && interrupted) [backUntil, caughtUp] = [Date.now() + 3_000, 0];
  if (keeper.state === "waiting") draining &&= !interrupted; // only for the first attempt
  interrupted = keeper.state === "waiting" || (interrupted && keeper.state !== "open");
  showState();
}

/** Shows recent messages, then opens the stream at their position, so that no message is missed between the two. */
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

/** Opens the stream under the present name. */
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

// --- The raw stream, for the curious ---

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

/** Shows a problem next to the boxes and marks the box that the problem is about. Keeps the typed text. */
function showProblem(text) {
  problem.textContent = cut(text, 300);
  const wrong = /^\W*user\b/i.test(text) ? user : message;
  for (const box of [user, message]) box.ariaInvalid = String(text !== "" && box === wrong);
}

/** The problem in a response, or "". */
async function problemOf(response) {
  if (response.ok) return "";
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  return ((plain && (await response.text())) || `Not sent: the server answered ${response.status}.`).trim();
}

let unsent = {}; // the message that may not have been sent, with its token: sent again unchanged, it can't appear twice
function withToken(from, text) {
  if (unsent.user !== from || unsent.message !== text) {
    // Not randomUUID: only pages from https and localhost have it.
    const token = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");
    unsent = { user: from, message: text, token };
  }
  return unsent;
}

function post(path, body, timeout) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return fetch(address + path, { ...request, signal: AbortSignal.timeout(timeout) });
}

/** Called when the unsent message was sent: removes its text from the box, where the user may have started the next message. */
function sent() {
  const text = unsent.message;
  unsent = {};
  const isUnderWay = send.ariaDisabled === "true";
  if (message.value === text || (isUnderWay && message.value.startsWith(text))) {
    message.value = message.value.slice(text.length);
  }
  showProblem("");
}

/** Shows a message at once, unconfirmed until it comes back on the stream, and posts it. Returns the problem, or "". */
async function sendMessage(text) {
  const body = withToken(user.value.trim(), text);
  const line = pending.get(body.token) ?? messageLine(body.user, text, true);
  line.classList.add("pending");
  line.querySelector(".by").lastChild.textContent = " · sending…";
  pending.set(body.token, line);
  append(line);
  log.scrollTop = log.scrollHeight;
  const unreachable = "The server can't be reached. Send the message again, it can't appear twice.";
  const failure = await post("", body, 15_000).then(problemOf).catch(() => unreachable);
  if (unsent !== body) return ""; // the message has come back on the stream, whatever the answer is
  if (failure === "") sent();
  else if (pending.delete(body.token)) line.remove(); // its text is still in the box
  return failure;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = message.value;
  if (send.ariaDisabled === "true" || text.trim() === "") return;
  send.ariaDisabled = "true"; // not `disabled`, which would take the focus away
  const failure = await sendMessage(text);
  send.ariaDisabled = "false";
  showProblem(failure);
  message.focus();
});

message.addEventListener("keydown", (event) => {
  // 229: Safari reports the Enter that ends a composition so, after the composition.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});

let typed = 0;
message.addEventListener("input", () => {
  if (Date.now() - typed < TYPING / 2 || message.value.trim() === "" || user.value.trim() === "") return;
  typed = Date.now();
  post("/typing", { user: user.value.trim() }, 5_000).catch(() => {}); // a failure doesn't matter
});

// --- The name, and the room ---

const cookie = /(?:^|; )ssekit-name=([^;]*)/.exec(document.cookie);
try {
  if (cookie) user.value ||= decodeURIComponent(cookie[1]);
} catch {
  // Another program's cookie: this page did not write it.
}
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
