// What the browser meets.

import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

// A program that tells its address on its first line: as a URL, or in Pontoon's JSON.
export async function start(command, ...args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", () => reject(new Error(`${command} ended`)));
  });
  const url = line.startsWith("{") ? JSON.parse(line).listening : line.trim();
  return { url: new URL(url), stop: () => child.kill() };
}

// In front of a server: cuts the first connection to `path` after so many bytes of its answer, and remembers what was asked.
export async function cutter(server, path, bytes) {
  const heads = [];
  const proxy = createServer((client) => {
    const upstream = connect(Number(server.url.port), server.url.hostname);
    let left = Infinity;
    client.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      if (text.startsWith(`GET ${path} `)) {
        if (heads.length === 0) left = bytes;
        heads.push(text);
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      left -= chunk.length;
      if (left >= 0) return client.write(chunk);
      client.destroy();
      upstream.destroy();
    });
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${proxy.address().port}/`);
  return { url, heads, stop: () => proxy.close() };
}
