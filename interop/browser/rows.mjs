// Each test is a row of the origin documents; its name begins with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Chromium } from "./chromium.mjs";
import { cutter, start } from "./servers.mjs";

const EXAMPLE = "examples/vanilla-sse/server.mjs";
const NUMBERS = [...Array(21).keys()].join(" ");

let browser, vanilla;

before(async () => {
  browser = await Chromium.start(process.env.CHROMIUM);
  vanilla = await start(process.execPath, EXAMPLE, "0");
});

after(async () => {
  vanilla.stop();
  await browser.stop();
});

async function countsToTheEnd(page) {
  await page.says("state", "closed");
  assert.equal(await page.text("numbers"), NUMBERS);
  assert.equal(await page.text("last"), "20");
}

test("s0_11 the page reads the stream of the plain server and closes it", async () => {
  await countsToTheEnd(await browser.open(vanilla.url.href));
});

test("s0_11 the page reads the stream of the Rust example, from another origin", async () => {
  const rust = await start(process.env.EXAMPLE_BIN, "127.0.0.1:0");
  await countsToTheEnd(await browser.open(`${vanilla.url.href}?stream=${rust.url.href}`));
  rust.stop();
});

test("s4_27 the browser comes back by itself, with Last-Event-ID, and nothing is missing", async () => {
  const front = await cutter(vanilla, "/sse", 500);
  await countsToTheEnd(await browser.open(front.url.href));
  assert.equal(front.heads.length, 2);
  assert.match(front.heads[1], /\r\nlast-event-id: \d+\r\n/i);
  front.stop();
});

test("s0_24 a page speaks MCP: the endpoint comes first, the answer to its POST as a message", async () => {
  const pontoon = await start(process.env.PONTOON_BIN, "serve", "--listen", "127.0.0.1:0", "--json");
  const page = await browser.open(vanilla.url.href);
  const initialize = {
    jsonrpc: "2.0", id: 0, method: "initialize",
    params: { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "page", version: "1" } },
  };
  const told = await page.evaluate(`new Promise((resolve, reject) => {
    const names = [], stream = new URL("/sse", ${JSON.stringify(pontoon.url.href)});
    const events = new EventSource(stream);
    events.onerror = () => reject(new Error("the stream failed"));
    events.addEventListener("endpoint", async (event) => {
      names.push("endpoint");
      const posted = await fetch(new URL(event.data, stream), {
        method: "POST", headers: { "Content-Type": "application/json" }, body: ${JSON.stringify(JSON.stringify(initialize))},
      });
      names.push(posted.status);
    });
    events.onmessage = (event) => {
      events.close();
      resolve({ names, answer: JSON.parse(event.data) });
    };
  })`);
  assert.equal(told.names[0], "endpoint");
  assert.equal(told.answer.id, 0);
  assert.equal(told.answer.result.protocolVersion, "2024-11-05");
  pontoon.stop();
});
