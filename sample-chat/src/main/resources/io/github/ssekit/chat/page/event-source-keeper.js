// Keeps an event stream open, and shares it between the tabs of a browser. Copy it freely: this file is all it needs.
//
//   const keeper = new EventSourceKeeper("/events?room=42", { lastEventId: "1764000000000-7" });
//   keeper.addEventListener("message", (event) => append(event.data, event.lastEventId)); // any event type, as EventSource
//   keeper.addEventListener("statechange", () => show(keeper.state, keeper.retryAt, keeper.status));
//
// options  lastEventId ""          the position to start from; empty: where the server starts
//          share                   one connection for all tabs with this origin, script and URL, and the same share,
//                                  withCredentials and silence: true, false, or a string, such as the user's name. Default:
//                                  whether there is a lastEventId. A tab that joins without a lastEventId gets the events from
//                                  now on, and not the events with which the server begins a stream. The server's ids must
//                                  increase and be numbers, or pairs like 1764000000000-7: with other ids, a tab that joins gets
//                                  only the events that follow
//          withCredentials false   as in EventSource
//          silence 45000           milliseconds without a byte, comments included, after which the connection is considered
//                                  dead; 0: never
// state    "connecting", "open", "waiting" (for the next attempt, at `retryAt`, a Date.now()), or "closed", for good
// status   the status of the last response, 0 if there was none. 204, 401, 403 and 410 close a keeper; it retries all others
// headers  the headers of the last response, by lower-case name; from another origin only headers that the server exposes
// close()  closes the keeper
// retry()  ends a wait; a page that becomes visible does this by itself
// renew()  reconnects from the last id, whatever the state. A page does this by itself when it becomes visible after 5 s or
//          more, and when the browser is online again: a connection that was open may be dead without any sign (iOS ends the
//          connections of hidden pages). Events without an id are missed during the change. Other connections of the browser
//          may be dead, too, and the browser may reuse them: up to four attempts wait half a second each, the next as usual
// events   are MessageEvents with one more property, `hasOwnId`: false if lastEventId is the id of an earlier event
//
// Why not EventSource: it gives up for good after one response that is no event stream, such as a proxy's 502 while a node
// restarts, and the page can't see why: 204, "don't come back", looks the same. It also hides the ids of blocks without data,
// which a server uses to give an idle page its position: a new connection would start too early. So this script reads the stream
// with fetch. The price: some developer tools list the events of an EventSource alone. A stream of another origin needs its CORS
// headers, as with EventSource.
//
// Why a SharedWorker: it outlives the tab that made it, so no tab has to hand over to another, and the slow timers of a hidden
// tab don't hold up visible tabs, as they do if one tab leads (Web Locks and BroadcastChannel). Browsers without SharedWorker,
// and pages that load this script from another origin, have one connection per tab, of which HTTP/1.1 allows six.
"use strict";
(() => {
  const VERSION = 2; // of the messages between a page and the worker, which may run an older script of another tab
  const SCRIPT = globalThis.document?.currentScript?.src;
  const FINAL = [204, 401, 403, 410];
  const [BACKOFF, LONGEST_BACKOFF, LONGEST_TIMER] = [1_000, 8_000, 2 ** 31 - 1]; // milliseconds
  const DOUBTFUL = 5_000; // milliseconds after which a hidden page's connection may be dead without any sign
  const [DOUBTED, QUICK_ANSWER] = [4, 500]; // attempts after renew() that wait so many milliseconds for a response
  const RETAINED = 200; // events, for tabs that join with a slightly older position

  /** Whether one id comes before another. False for ids without an order; the empty id comes first. */
  function before(one, other) {
    if (one === "" || other === "") return one !== other && one === "";
    const [a, b] = [one, other].map((id) => (/^\d+(-\d+)?$/.test(id) ? id.split("-").map(BigInt) : null));
    return a !== null && b !== null && (a[0] === b[0] ? (a[1] ?? 0n) < (b[1] ?? 0n) : a[0] < b[0]);
  }

  /** Returns a function that parses the parts of an event stream (WHATWG HTML 9.2.6). A block may lack data or id. */
  function parser(onBlock, onReconnectionTime) {
    let [rest, afterCr, block] = ["", false, {}];
    function parseLine(line) {
      const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (line === "") {
        onBlock({ ...block, type: block.type || "message" });
        block = {};
      } else if (name === "data") block.data = block.data === undefined ? value : block.data + "\n" + value;
      else if (name === "event") block.type = value;
      else if (name === "id" && !value.includes("\0")) block.id = value;
      else if (name === "retry" && /^\d+$/.test(value)) onReconnectionTime(Number(value));
    }
    return (text) => {
      if (text === "") return; // the bytes were part of a character
      const lines = (afterCr && text[0] === "\n" ? text.slice(1) : text).split(/\r\n|\n|\r/);
      afterCr = text.endsWith("\r");
      lines[0] = rest + lines[0];
      rest = lines.pop();
      lines.forEach(parseLine);
    };
  }

  /** One event stream, read for the pages behind some ports: in a SharedWorker, or in the page itself. */
  class Stream {
    ports = new Map(); // port -> id up to which its page has all events, though the stream may send them again; else ""
    lastState = { state: "closed", retryAt: 0, status: 0, headers: {} };
    position = ""; // id of the last block read
    start = ""; // all events after this id are in `retained`
    retained = [];
    current = null; // AbortController of the connection; a read loop ends when this is no longer its own
    reconnectionTime = 0;
    failures = 0;
    doubted = 0; // number of next attempts that may meet a dead connection

    constructor(name) {
      [, this.url, this.credentials, this.silence] = JSON.parse(name);
    }

    serve(port) {
      port.onmessage = ({ data }) => {
        if (data.join !== undefined) this.join(port, data.join);
        else if (data === "leave") this.leave(port);
        else if (data === "renew" && this.ports.has(port)) this.renew();
        else if (data === "retry" && this.lastState.state === "waiting") this.connect();
      };
    }

    join(port, from) {
      const unread = from !== "" && (this.start === "" || before(from, this.start));
      if (this.ports.size === 0 || unread) {
        // The page wants older events than `retained` has: read again from the page's position, for this page alone.
        this.ports.forEach((until, each) => this.ports.set(each, before(until, this.position) ? this.position : until));
        this.ports.set(port, "");
        this.restartAt(from);
        this.connect();
        return;
      }
      this.ports.set(port, before(this.position, from) ? from : "");
      const missed = from === "" ? [] : this.retained.filter((each) => before(from, each.lastEventId));
      port.postMessage([this.lastState, ...missed, { lastEventId: this.ports.get(port) || this.position }]);
    }

    leave(port) {
      port.close();
      this.ports.delete(port);
      if (this.ports.size === 0) this.stop();
    }

    restartAt(position) {
      [this.position, this.start, this.retained] = [position, position, []];
    }

    stop() {
      clearTimeout(this.timer);
      clearTimeout(this.watchdog);
      this.current?.abort();
      this.current = null;
    }

    setState(state, status, retryAt = 0) {
      this.lastState = { ...this.lastState, state, status, retryAt };
      this.ports.forEach((_, port) => port.postMessage([this.lastState]));
    }

    renew() {
      this.doubted = DOUBTED;
      this.connect();
    }

    async connect() {
      this.stop();
      const isDoubted = this.doubted > 0;
      if (isDoubted) this.doubted--;
      const current = (this.current = new AbortController());
      this.setState("connecting", 0);
      let [status, retryAfter] = [0, 0];
      try {
        this.watch(isDoubted ? QUICK_ANSWER : this.silence);
        const url = new URL(this.url);
        // Not in a header: to another origin a header needs a preflight, and it can't hold "☃".
        if (this.position !== "") url.searchParams.set("lastEventId", this.position);
        const { credentials } = this;
        const headers = { Accept: "text/event-stream" };
        const response = await fetch(url, { headers, credentials, cache: "no-store", signal: current.signal });
        ({ status } = response);
        this.doubted = 0;
        this.lastState.headers = Object.fromEntries(response.headers);
        const after = response.headers.get("Retry-After"); // seconds, or a date
        retryAfter = 1_000 * after || Date.parse(after) - Date.now() || 0;
        const isEventStream = /^text\/event-stream\s*(;|$)/i.test(response.headers.get("Content-Type"));
        if (status === 200 && isEventStream) await this.read(response.body.getReader(), current);
      } catch {
        // No response, or it broke off, or it was silent for too long.
      }
      if (this.current !== current) return; // another connection has taken over
      this.stop();
      if (isDoubted && status === 0) {
        this.connect();
        return;
      }
      if (FINAL.includes(status)) {
        this.setState("closed", status);
        this.ports.clear(); // the next page to join connects again
        return;
      }
      const backoff = Math.min(BACKOFF * 2 ** this.failures++, LONGEST_BACKOFF) / 2;
      const pause = Math.min(Math.max(this.reconnectionTime, retryAfter, backoff) + Math.random() * backoff, LONGEST_TIMER);
      this.timer = setTimeout(() => this.connect(), pause);
      this.setState("waiting", status, Date.now() + pause);
    }

    watch(limit = this.silence) {
      const { current } = this;
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(() => current.abort(), limit);
    }

    async read(reader, current) {
      const decoder = new TextDecoder(); // removes a byte order mark
      const onReconnectionTime = (milliseconds) => (this.reconnectionTime = milliseconds);
      const batches = new Map(); // one message per page for all blocks of one read, which may be hundreds
      const parse = parser((block) => this.deliver(block, batches), onReconnectionTime);
      if (this.current === current) this.setState("open", 200);
      for (let part = {}; this.current === current && !part.done; part = await reader.read()) {
        this.watch();
        if (part.value) this.failures = 0;
        if (part.value) parse(decoder.decode(part.value, { stream: true }));
        batches.forEach((batch, port) => port.postMessage(batch));
        batches.clear();
      }
    }

    deliver({ type, data, id }, batches) {
      if (id !== undefined) {
        if (before(id, this.position)) {
          // The server went back, as after a reset: the following events are new to every page.
          this.restartAt(id);
          this.ports.forEach((_, port) => this.ports.set(port, ""));
        }
        this.position = id;
        this.start ||= id;
        if (data !== undefined) this.retained.push({ type, data, lastEventId: id, hasOwnId: true });
        if (this.retained.length > RETAINED) this.start = this.retained.shift().lastEventId;
      }
      this.ports.forEach((until, port) => {
        const known = id !== undefined && until !== "" && (id === until || before(id, until));
        if (id !== undefined && !known) this.ports.set(port, (until = ""));
        const event = { type, data: known ? undefined : data, lastEventId: until || this.position, hasOwnId: id !== undefined };
        if (!batches.has(port)) batches.set(port, []);
        batches.get(port).push(event);
      });
    }
  }

  class EventSourceKeeper extends EventTarget {
    onmessage = null;
    onstatechange = null;
    state = "connecting";
    status = 0;
    retryAt = 0;
    headers = {};
    #closed = new AbortController();

    /** Throws a TypeError if the URL is not valid. */
    constructor(url, { lastEventId = "", share = lastEventId !== "", withCredentials = false, silence = 45_000 } = {}) {
      super();
      this.url = new URL(url, document.baseURI).href;
      this.lastEventId = lastEventId;
      // With the script's URL, which tells one worker from another: of two workers with one lock, only the first would hold it.
      const limit = Math.min(silence || LONGEST_TIMER, LONGEST_TIMER);
      this.#name = JSON.stringify([VERSION, this.url, withCredentials ? "include" : "same-origin", limit, SCRIPT, share]);
      this.#share = share && globalThis.SharedWorker !== undefined && SCRIPT?.startsWith(location.origin + "/");
      // As listeners: the browser reports what they throw, and goes on with the next event.
      this.addEventListener("message", (event) => this.onmessage?.(event));
      this.addEventListener("statechange", (event) => this.onstatechange?.(event));
      this.#join();
      const { signal } = this.#closed;
      let hidden = Date.now();
      const onVisibility = () => {
        if (document.visibilityState === "hidden") hidden = Date.now();
        else if (Date.now() - hidden < DOUBTFUL) this.retry();
        else this.renew();
      };
      document.addEventListener("visibilitychange", onVisibility, { signal });
      addEventListener("online", () => this.renew(), { signal });
      addEventListener("pagehide", () => this.#leave(), { signal });
      addEventListener("pageshow", (event) => event.persisted && this.#join(), { signal });
    }

    retry() {
      this.#port?.postMessage("retry");
    }

    renew() {
      this.#port?.postMessage("renew");
    }

    close() {
      if (this.state === "closed") return;
      this.#leave();
      this.#setState({ state: "closed", retryAt: 0 });
    }

    #name;
    #share;
    #port = null;
    #workerLock = null; // AbortController, once the worker has answered: ends the wait for the worker's lock

    #join() {
      this.#leave();
      const port = (this.#port = this.#worker()?.port ?? streamInPage(this.#name));
      port.onmessage = ({ data }) => {
        if (this.#share && !this.#workerLock) this.#joinAfterWorkerEnds();
        for (const each of data) {
          if (this.#port !== port) return; // an event listener closed the keeper
          if (each.state) this.#setState(each);
          else this.#receive(each);
        }
      };
      port.postMessage({ join: this.lastEventId });
    }

    /** Null if this page has no worker: some browsers throw, for example where the site may have no storage. */
    #worker() {
      let worker;
      try {
        worker = this.#share ? new SharedWorker(SCRIPT, { name: this.#name }) : null;
      } catch {
        this.#share = false;
      }
      if (!worker) return null;
      worker.onerror = () => {
        this.#share = false; // the worker can't load, for example because of a Content-Security-Policy
        if (this.#port === worker.port) this.#join();
      };
      return worker;
    }

    /** Joins again when the worker's process dies: it sends no message then, but its lock becomes free. */
    #joinAfterWorkerEnds() {
      const { signal } = (this.#workerLock = new AbortController());
      const rejoin = () => signal.aborted || this.#join();
      navigator.locks?.request(this.#name, { mode: "shared", signal }, rejoin).catch(() => {}); // aborted by #leave
    }

    #leave() {
      this.#workerLock?.abort();
      if (this.#port) this.#port.onmessage = null;
      this.#port?.postMessage("leave");
      this.#workerLock = this.#port = null;
    }

    #setState(change) {
      Object.assign(this, change);
      if (this.state === "closed") {
        this.#leave();
        this.#closed.abort();
      }
      this.dispatchEvent(new Event("statechange"));
    }

    #receive({ type, data, lastEventId, hasOwnId }) {
      this.lastEventId = lastEventId;
      if (data === undefined) return; // a position without an event
      const event = new MessageEvent(type, { data, lastEventId, origin: new URL(this.url).origin });
      event.hasOwnId = hasOwnId;
      this.dispatchEvent(event);
    }
  }

  function streamInPage(name) {
    const { port1, port2 } = new MessageChannel();
    new Stream(name).serve(port1);
    return port2;
  }

  if (globalThis.document) {
    globalThis.EventSourceKeeper = EventSourceKeeper;
  } else {
    const stream = new Stream(self.name);
    let serving = null;
    // Only https and localhost have navigator.locks.
    if (navigator.locks) {
      // Held until this worker dies: the promise never settles.
      serving = new Promise((held) => {
        const holdForever = () => (held(), new Promise(() => {}));
        navigator.locks.request(self.name, holdForever);
      });
    }
    self.onconnect = async ({ ports: [port] }) => {
      await serving;
      stream.serve(port);
    };
  }
})();
