// The browser's side: no library, `EventSource` is built in.

const show = (id, text) => { document.getElementById(id).textContent = text; };
const seen = [];

// `?stream=URL` reads a stream of another server, which must allow it (Access-Control-Allow-Origin).
const url = new URLSearchParams(location.search).get("stream") ?? "/sse";
const source = new EventSource(url);

source.onopen = () => show("state", "open");

// Events without a name.
source.onmessage = (event) => {
  seen.push(event.data);
  show("numbers", seen.join(" "));
  show("last", event.lastEventId);
};

// Events called `close`. Without this the browser would open the stream again when it ends.
source.addEventListener("close", () => {
  source.close();
  show("state", "closed");
});

// The connection broke, or could not be opened. While it is CONNECTING the browser comes back by itself.
source.onerror = () => show("state", source.readyState === EventSource.CONNECTING ? "waiting" : "failed");
