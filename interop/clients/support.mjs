// Small helpers of the TypeScript clients. Waiting is always for a condition, with a deadline.

export function assert(condition, message) {
    if (!condition) throw new Error(message);
}

export async function withDeadline(promise, ms, message) {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(message)), ms)));
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

export async function waitUntil(condition, message, ms = 10_000) {
    const end = performance.now() + ms;
    while (!(await condition())) {
        if (performance.now() > end) throw new Error(typeof message === 'function' ? message() : message);
        await new Promise(resolve => setTimeout(resolve, 10));
    }
}

/** Text of exactly `bytes` bytes in UTF-8 that repeats nowhere, so that a lost or doubled piece shows. */
export function payload(bytes) {
    const lines = [];
    let length = 0;
    for (let line = 0; length < bytes; line += 1) {
        const text = `${line} "quoted" \\ ünï ✓\n`;
        lines.push(text);
        length += Buffer.byteLength(text);
    }
    const text = lines.join('');
    const cut = Buffer.from(text).subarray(0, bytes).toString().replace(/\uFFFD+$/, '');
    return cut.padEnd(cut.length + bytes - Buffer.byteLength(cut), '.');
}

export function textOf(result) {
    return (result.content ?? []).filter(block => block.type === 'text').map(block => block.text).join('\n');
}

/** Follows `nextCursor` to the end of a list. */
export async function allPages(page, key) {
    const items = [];
    let cursor;
    do {
        const result = await page(cursor === undefined ? {} : { cursor });
        items.push(...result[key]);
        cursor = result.nextCursor;
    } while (cursor !== undefined);
    return items;
}
