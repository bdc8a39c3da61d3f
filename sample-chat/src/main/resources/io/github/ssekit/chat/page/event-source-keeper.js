// Keeps an event stream open, and shares it between the tabs of a browser. Free to copy: it needs nothing but this file.
//
//   const keeper = new EventSourceKeeper("/events?room=42", { lastEventId: "1764000000000-7" });
//   keeper.addEventListener("message", (event) => show(event.data, event.lastEventId)); // any event type, as EventSource
//   keeper.addEventListener("statechange", () => say(keeper.state, keeper.retryAt, keeper.status));
//
// options  lastEventId ""          where to begin; empty: from now on
//          share true              one connection for all tabs with this origin, URL and options. Its ids must increase and be
//                                  numbers, or pairs as 1764000000000-7: with others, a tab that joins gets only what is next
//          withCredentials false   as EventSource's
//          silence 45000           milliseconds without a byte, be it of a comment, after which a connection is given up
// state    "connecting", "open", "waiting" (for the next try, at `retryAt`, a Date.now()), or "closed", for good
// status   that of the last answer, 0 if there was none. 204, 401, 403 and 410 close a keeper; all others are tried again
// headers  of the last answer, by their names in lower case; of another origin only those that it exposes
// close()  ends it
// retry()  ends a wait, as is done by itself when the page becomes visible
// renew()  connects anew from the last id, whatever the state, as is done by itself when the page becomes visible after 5 s
//          or more, or the browser is online again: what was open then may be dead, and nothing says so (iOS ends the
//          connections of hidden pages). Events without an id that come at that moment are missed
// events   are MessageEvents with one thing more, `hasOwnId`: lastEventId may be of an event before
//
// Why not EventSource: it gives up for good on one answer that is no event stream, as a proxy's 502 while a node restarts, and
// tells no page why: 204, "don't come back", looks the same. It also hides the ids of blocks without data, by which a server
// tells an idle page its position: one made anew would begin too early. So this reads the stream with fetch. What is lost is
// the list of events in the browser's developer tools. A stream of another origin needs its CORS headers, as with EventSource.
//
// Why a SharedWorker: it outlives the tab that made it, so none has to hand over to another, and no hidden tab's slowed timers
// hold up the visible ones, as with a leader among the tabs (Web Locks and BroadcastChannel). Browsers without it, and pages
// with this script from another origin, have a connection for each tab, of which HTTP/1.1 allows six.
"use strict";
(() => {
  const VERSION = 2; // of what a page and the worker, which may be of another tab's older script, say to each other
  const SCRIPT = globalThis.document?.currentScript?.src;
  const FINAL = [204, 401, 403, 410];
  const [BACKOFF, LONGEST_BACKOFF, LONGEST_TIMER] = [1_000, 8_000, 2 ** 31 - 1]; // milliseconds
  const DOUBTFUL = 5_000; // milliseconds in which a hidden page's connection may have been ended without a word
  const RETAINED = 200; // events, for tabs that join with a position from a little earlier

  /** Whether one id comes before another. False if they can't be compared; the empty one comes first. */
  function before(one, other) {
    if (one === "" || other === "") return one !== other && one === "";
    const [a, b] = [one, other].map((id) => (/^\d+(-\d+)?$/.test(id) ? id.split("-").map(BigInt) : null));
    return a !== null && b !== null && (a[0] === b[0] ? (a[1] ?? 0n) < (b[1] ?? 0n) : a[0] < b[0]);
  }

  /** A function that parses an event stream (WHATWG HTML 9.2.6) in pieces and gives its blocks, some without data or id. */
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
      if (text === "") return; // a part of a character
      const lines = (afterCr && text[0] === "\n" ? text.slice(1) : text).split(/\r\n|\n|\r/);
      afterCr = text.endsWith("\r");
      lines[0] = rest + lines[0];
      rest = lines.pop();
      lines.forEach(parseLine);
    };
  }

  /** One event stream, read for the ports of some pages: in a SharedWorker, or in the page itself. */
  class Stream {
    ports = new Map(); // to the id up to which that page has all events, though the stream may bring them again; else ""
    told = { state: "closed", retryAt: 0, status: 0, headers: {} };
    position = ""; // read up to here
    start = ""; // all events from here on are retained
    retained = [];
    current = null; // the AbortController of the connection: a reader that finds another's, or none, is to end
    reconnectionTime = 0;
    failures = 0;

    constructor(name) {
      [, this.url, this.credentials, this.silence] = JSON.parse(name);
    }

    serve(port) {
      port.onmessage = ({ data }) => {
        if (data.join !== undefined) this.join(port, data.join);
        else if (data === "leave") this.leave(port);
        else if (data === "renew" ? this.ports.has(port) : this.told.state === "waiting") this.connect();
      };
    }

    join(port, from) {
      const unread = from !== "" && (this.start === "" || before(from, this.start));
      if (this.ports.size === 0 || unread) {
        // Events from before those retained are wanted: all is read again from there, for this page alone.
        this.ports.forEach((until, each) => this.ports.set(each, before(until, this.position) ? this.position : until));
        this.ports.set(port, "");
        this.begin(from);
        this.connect();
        return;
      }
      this.ports.set(port, before(this.position, from) ? from : "");
      const missed = from === "" ? [] : this.retained.filter((each) => before(from, each.lastEventId));
      port.postMessage([this.told, ...missed, { lastEventId: this.ports.get(port) || this.position }]);
    }

    leave(port) {
      port.close();
      this.ports.delete(port);
      if (this.ports.size === 0) this.stop();
    }

    begin(position) {
      [this.position, this.start, this.retained] = [position, position, []];
    }

    stop() {
      clearTimeout(this.timer);
      clearTimeout(this.watchdog);
      this.current?.abort();
      this.current = null;
    }

    tell(state, status, retryAt = 0) {
      this.told = { ...this.told, state, status, retryAt };
      this.ports.forEach((_, port) => port.postMessage([this.told]));
    }

    async connect() {
      this.stop();
      const current = (this.current = new AbortController());
      this.tell("connecting", 0);
      let [status, asked] = [0, 0];
      try {
        this.watch();
        const url = new URL(this.url);
        // Not in a header, for which another origin would have to be asked first, and which holds no "☃".
        if (this.position !== "") url.searchParams.set("lastEventId", this.position);
        const { credentials } = this;
        const headers = { Accept: "text/event-stream" };
        const response = await fetch(url, { headers, credentials, cache: "no-store", signal: current.signal });
        ({ status } = response);
        this.told.headers = Object.fromEntries(response.headers);
        const after = response.headers.get("Retry-After"); // seconds, or a date
        asked = 1_000 * after || Date.parse(after) - Date.now() || 0;
        const isEventStream = /^text\/event-stream\s*(;|$)/i.test(response.headers.get("Content-Type"));
        if (status === 200 && isEventStream) await this.read(response.body.getReader(), current);
      } catch {
        // There was no answer, or it broke off, or was silent for too long.
      }
      if (this.current !== current) return; // another connection has taken over
      this.stop();
      if (FINAL.includes(status)) {
        this.tell("closed", status);
        this.ports.clear(); // whoever comes next begins anew
        return;
      }
      const backoff = Math.min(BACKOFF * 2 ** this.failures++, LONGEST_BACKOFF) / 2;
      const pause = Math.min(Math.max(this.reconnectionTime, asked, backoff) + Math.random() * backoff, LONGEST_TIMER);
      this.timer = setTimeout(() => this.connect(), pause);
      this.tell("waiting", status, Date.now() + pause);
    }

    watch() {
      const { current } = this;
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(() => current.abort(), Math.min(this.silence, LONGEST_TIMER));
    }

    async read(reader, current) {
      const decoder = new TextDecoder(); // removes a byte order mark
      const onReconnectionTime = (milliseconds) => (this.reconnectionTime = milliseconds);
      const batches = new Map(); // one message to each page for all that was read at once, as there may be hundreds of blocks
      const parse = parser((block) => this.take(block, batches), onReconnectionTime);
      if (this.current === current) this.tell("open", 200);
      this.failures = 0;
      for (let part = {}; this.current === current && !part.done; part = await reader.read()) {
        this.watch();
        if (part.value) parse(decoder.decode(part.value, { stream: true }));
        batches.forEach((batch, port) => port.postMessage(batch));
        batches.clear();
      }
    }

    take({ type, data, id }, batches) {
      if (id !== undefined) {
        if (before(id, this.position)) {
          // The server itself goes back, as after a reset: what follows is new to all.
          this.begin(id);
          this.ports.forEach((_, port) => this.ports.set(port, ""));
        }
        this.position = id;
        this.start ||= id;
        if (data !== undefined) this.retained.push({ type, data, lastEventId: id, hasOwnId: true });
        if (this.retained.length > RETAINED) this.start = this.retained.shift().lastEventId;
      }
      this.ports.forEach((until, port) => {
        const had = id !== undefined && until !== "" && (id === until || before(id, until));
        if (id !== undefined && !had) this.ports.set(port, (until = ""));
        const event = { type, data: had ? undefined : data, lastEventId: until || this.position, hasOwnId: id !== undefined };
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

    /** Throws a TypeError if the URL is none. */
    constructor(url, { lastEventId = "", share = true, withCredentials = false, silence = 45_000 } = {}) {
      super();
      this.url = new URL(url, document.baseURI).href;
      this.lastEventId = lastEventId;
      this.#name = JSON.stringify([VERSION, this.url, withCredentials ? "include" : "same-origin", silence]);
      this.#share = share && globalThis.SharedWorker !== undefined && SCRIPT?.startsWith(location.origin + "/");
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
      this.#leave();
      this.#become({ state: "closed", retryAt: 0 });
    }

    #name;
    #share;
    #port = null;
    #left = null; // an AbortController, once the worker has answered: ends the wait for its end

    #join() {
      this.#leave();
      const port = (this.#port = this.#share ? this.#worker().port : streamInPage(this.#name));
      port.onmessage = ({ data }) => {
        if (this.#share && !this.#left) this.#awaitEnd();
        for (const each of data) {
          if (this.#port !== port) return; // closed by what it told the page
          if (each.state) this.#become(each);
          else this.#receive(each);
        }
      };
      port.postMessage({ join: this.lastEventId });
    }

    #worker() {
      const worker = new SharedWorker(SCRIPT, { name: this.#name });
      worker.onerror = () => {
        this.#share = false; // it can't be loaded: forbidden by a Content-Security-Policy, say
        if (this.#port === worker.port) this.#join();
      };
      return worker;
    }

    /** A worker whose process dies says nothing, but lets go of its lock. */
    #awaitEnd() {
      const { signal } = (this.#left = new AbortController());
      const again = () => signal.aborted || this.#join();
      navigator.locks?.request(this.#name, { mode: "shared", signal }, again).catch(() => {}); // it was aborted
    }

    #leave() {
      this.#left?.abort();
      if (this.#port) this.#port.onmessage = null;
      this.#port?.postMessage("leave");
      this.#left = this.#port = null;
    }

    #become(told) {
      Object.assign(this, told);
      if (this.state === "closed") {
        this.#leave();
        this.#closed.abort();
      }
      const event = new Event("statechange");
      this.dispatchEvent(event);
      this.onstatechange?.(event);
    }

    #receive({ type, data, lastEventId, hasOwnId }) {
      this.lastEventId = lastEventId;
      if (data === undefined) return; // only a position
      const event = new MessageEvent(type, { data, lastEventId, origin: new URL(this.url).origin });
      event.hasOwnId = hasOwnId;
      this.dispatchEvent(event);
      if (type === "message") this.onmessage?.(event);
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
    // Only pages from https and localhost have locks.
    if (navigator.locks) {
      serving = new Promise((held) => {
        const asLongAsItLives = () => (held(), new Promise(() => {}));
        navigator.locks.request(self.name, asLongAsItLives);
      });
    }
    self.onconnect = async ({ ports: [port] }) => {
      await serving;
      stream.serve(port);
    };
  }
})();
