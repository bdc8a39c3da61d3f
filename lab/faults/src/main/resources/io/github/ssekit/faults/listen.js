// What an EventSource dispatches, as one line each: lab, type, last event ID, data, with tabs between.
// One that has given up is followed by another from where it was, as delivery.md tells pages to do.
function listen(EventSource, url, report) {
  let last = "";
  const open = () => {
    const source = new EventSource(last ? url + "&lastEventId=" + last : url);
    const on = (event) => {
      last = event.lastEventId;
      report(["lab", event.type, event.lastEventId, event.data].join("\t"));
    };
    source.addEventListener("message", on);
    source.addEventListener("stream-reset", on);
    source.onerror = () => {
      if (source.readyState === 2) {
        source.close();
        setTimeout(open, 300);
      }
    };
  };
  open();
}
