// An event stream with nothing but Node: `node server.mjs [PORT]`, then open http://localhost:3000/
//
// GET /sse counts from 0 to 20, a step each 100 ms, and then says that it is over. Each number is an event with an id, so
// that a browser whose connection breaks says in `Last-Event-ID` how far it came, and the count goes on from there.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const LAST = 20;
const STEP_MS = 100;
const FILES = new Map([
  ["/", ["index.html", "text/html; charset=utf-8"]],
  ["/client.js", ["client.js", "text/javascript; charset=utf-8"]],
]);

const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (request.method !== "GET") {
    response.writeHead(405, { Allow: "GET" }).end();
  } else if (path === "/sse") {
    count(request, response);
  } else if (FILES.has(path)) {
    const [name, type] = FILES.get(path);
    const file = await readFile(new URL(name, import.meta.url));
    response.writeHead(200, { "Content-Type": type }).end(file);
  } else {
    response.writeHead(404).end();
  }
});

function count(request, response) {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    // Any page may read it. Do not copy this to a stream that is not for everybody.
    "Access-Control-Allow-Origin": "*",
  });
  const seen = Number.parseInt(request.headers["last-event-id"] ?? "-1", 10);
  let next = Number.isNaN(seen) ? 0 : seen + 1;
  const timer = setInterval(() => {
    if (next <= LAST) {
      // The order of the lines of an event is free; the empty line ends it.
      response.write(`data: ${next}\nid: ${next}\n\n`);
      next += 1;
    } else {
      // A stream that just ends is one that broke: the browser would come back. So the page is told to close.
      response.end("event: close\ndata: close\n\n");
      clearInterval(timer);
    }
  }, STEP_MS);
  // The client went away: nobody is counted for.
  response.on("close", () => clearInterval(timer));
}

const port = Number(process.argv[2] ?? 3000);
server.listen(port, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
