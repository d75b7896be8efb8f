// The event channel and the one endpoint, as a page uses them. Each test is a row of the origin documents.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Chromium } from "./chromium.mjs";
import { cutter, start } from "./servers.mjs";

const CONFIG = `
[events]
enable = true
mirror = ["showcase"]
[compat]
get_channel_responses = true
[server.showcase]
builtin = "showcase"
default = true
paths = ["/api/mcp"]
`;

let browser, folder, pontoon, vanilla;

before(async () => {
  browser = await Chromium.start(process.env.CHROMIUM);
  folder = await mkdtemp(join(tmpdir(), "events-"));
  const config = join(folder, "pontoon.toml");
  await writeFile(config, CONFIG);
  pontoon = await start(process.env.PONTOON_BIN, "serve", "--listen", "127.0.0.1:0", "--json", "--config", config);
  // It only gives the pages an origin.
  vanilla = await start(process.execPath, "examples/vanilla-sse/server.mjs", "0");
});

after(async () => {
  pontoon?.stop();
  vanilla?.stop();
  await browser.stop();
  await rm(folder, { recursive: true, force: true });
});

// A call of 2026-07-28 that reports two steps.
async function work() {
  const meta = {
    progressToken: "p", "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { name: "progress", arguments: { steps: 2, delay_ms: 10 }, _meta: meta };
  const headers = {
    "Content-Type": "application/json", Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "progress",
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const answer = await fetch(new URL("/mcp", pontoon.url), { method: "POST", headers, body });
  assert.match(await answer.text(), /Done in 2 steps/);
}

// Opens the channel on a page, which keeps what comes.
async function listen(url) {
  const page = await browser.open(vanilla.url.href);
  await page.evaluate(`new Promise((resolve, reject) => {
    window.told = [];
    window.events = new EventSource(${JSON.stringify(new URL("/sse/connect", url).href)});
    for (const name of ["connect", "progress", "notification", "message", "error"]) {
      events.addEventListener(name, (event) => {
        if (event.data) told.push({ name, id: event.lastEventId, data: JSON.parse(event.data) });
        if (name === "connect") resolve();
      });
    }
    events.onerror = () => events.readyState === EventSource.CLOSED && reject(new Error("refused"));
  })`);
  return page;
}

// What the page was told, once there are so many of that name.
async function told(page, name, count) {
  const end = Date.now() + 20_000;
  for (;;) {
    const all = await page.evaluate("told");
    const wanted = all.filter((event) => event.name === name);
    if (wanted.length >= count) return { all, wanted };
    assert.ok(Date.now() < end, `want ${count} of ${name}, got ${JSON.stringify(all)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("s3_24 a page hears what hosted servers report", async () => {
  const page = await listen(pontoon.url);
  await work();
  const { all, wanted } = await told(page, "progress", 2);
  assert.equal(all[0].name, "connect");
  assert.deepEqual(wanted.map((event) => event.data.params.progress), [1, 2]);
  assert.equal(new Set(wanted.map((event) => event.id)).size, 2);
});

test("s3_25 a page that was cut off comes back and hears what it missed", async () => {
  // Long enough for the beginning of the stream, too short for the events that follow it.
  const front = await cutter(pontoon, "/sse/connect", 600);
  const page = await listen(front.url);
  for (let round = 0; round < 4; round += 1) await work();
  const { all, wanted } = await told(page, "progress", 8);
  assert.deepEqual(wanted.map((event) => event.data.params.progress), [1, 2, 1, 2, 1, 2, 1, 2]);
  assert.deepEqual(all.filter((event) => event.name === "connect").map((event) => event.data.resumed), [undefined, true]);
  assert.equal(front.heads.length, 2);
  front.stop();
});

test("s4_29 in the article's mode the reply to a POST arrives in onmessage", async () => {
  const page = await browser.open(vanilla.url.href);
  const url = new URL("/api/mcp?channel=2f1c9a40-6b1e-4f7e", pontoon.url).href;
  const answer = await page.evaluate(`new Promise((resolve, reject) => {
    const events = new EventSource(${JSON.stringify(url)});
    let status;
    events.onopen = async () => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
      const headers = { "Content-Type": "application/json" };
      status = (await fetch(${JSON.stringify(url)}, { method: "POST", headers, body })).status;
    };
    events.onmessage = (event) => {
      if (!event.data) return;
      events.close();
      setTimeout(() => resolve({ status, reply: JSON.parse(event.data) }), 100);
    };
    events.onerror = () => { events.close(); reject(new Error("the stream failed")); };
  })`);
  assert.equal(answer.status, 202);
  assert.equal(answer.reply.id, 1);
  assert.ok(answer.reply.result.tools.length > 0);
});
