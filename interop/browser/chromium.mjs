// Chromium without a window, spoken to over a pipe (the DevTools protocol): pages are opened, and asked what is true on them.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DEADLINE_MS = 20_000;

export class Chromium {
  #process;
  #profile;
  #next = 1;
  #waiting = new Map();

  static async start(binary) {
    const browser = new Chromium();
    browser.#profile = await mkdtemp(join(tmpdir(), "chromium-"));
    const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"];
    browser.#process = spawn(binary, [...options, `--user-data-dir=${browser.#profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    browser.#process.on("exit", () => {
      for (const { reject } of browser.#waiting.values()) reject(new Error("the browser ended"));
    });
    browser.#read(browser.#process.stdio[4]);
    await browser.send("Browser.getVersion");
    return browser;
  }

  // Messages end with NUL.
  #read(pipe) {
    let rest = "";
    pipe.setEncoding("utf8").on("data", (chunk) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop();
      for (const message of messages.map((text) => JSON.parse(text))) {
        const asked = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.error) asked?.reject(new Error(message.error.message));
        else asked?.resolve(message.result);
      }
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    await page.loaded(url);
    return page;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.send("Browser.close").catch(() => {});
    await ended;
    await rm(this.#profile, { recursive: true, force: true });
  }
}

class Page {
  constructor(browser, session) {
    Object.assign(this, { browser, session });
  }

  // The value of an expression, or of its promise.
  async evaluate(expression) {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.browser.send("Runtime.evaluate", params, this.session);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // The first thing a tab shows is an empty page, which goes away with whatever was asked on it.
  async loaded(url) {
    const there = `location.href === ${JSON.stringify(url)} && document.readyState === "complete"`;
    const end = Date.now() + DEADLINE_MS;
    while (!(await this.evaluate(there).catch(() => false))) {
      if (Date.now() > end) throw new Error(`${url} is not shown`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  text(id) {
    return this.evaluate(`document.getElementById(${JSON.stringify(id)})?.textContent`);
  }

  // Until an element says this.
  async says(id, wanted) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      const text = await this.text(id);
      if (text === wanted) return;
      if (Date.now() > end) throw new Error(`#${id}: want ${wanted}, got ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
