// The checks that every TypeScript client runs. A client script brings an adapter (what differs between the SDK
// generations); this file decides what must come back. One JSON line per check goes to stdout, read by the runner.
import { randomUUID } from 'node:crypto';
import { assert, withDeadline, waitUntil, payload, textOf } from './support.mjs';

/**
 * @typedef {object} Adapter
 * @property {string} revision          negotiated protocol revision
 * @property {string|undefined} server  name the server gave itself
 * @property {object[]} logs            log notifications received so far
 * @property {string[]} updates         URIs of resource updates received so far
 * @property {{tools: number}} changes  list changes received so far
 * @property {(kind: 'tools'|'resources'|'templates'|'prompts') => Promise<object[]>} list  all pages
 * @property {(name: string, args: object, options?: object) => Promise<object>} call
 * @property {(uri: string) => Promise<object>} read
 * @property {(name: string, args: object) => Promise<object>} prompt
 * @property {(params: object) => Promise<object>} complete
 * @property {(uri: string) => Promise<() => Promise<void>>} subscribe  resolves with the way to end it
 * @property {() => Promise<() => Promise<void>>} watchTools  likewise, for changes of the tool list
 * @property {(level: string) => Promise<void>} logLevel
 * @property {(error: unknown) => number|undefined} code  JSON-RPC code of an error the SDK threw
 * @property {() => Promise<void>} close
 */

const LISTS = {
    tools: tool => tool.name,
    resources: resource => resource.uri,
    templates: template => template.uriTemplate,
    prompts: prompt => prompt.name
};

/** Every check by name; each returns a short detail or throws. */
const CHECKS = {
    async tools({ client, plan }) {
        const count = await listed(client, plan, 'tools');
        const absent = plan.absentTools ?? [];
        const present = (await client.list('tools')).map(LISTS.tools).filter(name => absent.includes(name));
        assert(present.length === 0, `offered although they cannot work: ${present}`);
        return count;
    },
    async resources({ client, plan }) {
        return listed(client, plan, 'resources');
    },
    async templates({ client, plan }) {
        return listed(client, plan, 'templates');
    },
    async prompts({ client, plan }) {
        return listed(client, plan, 'prompts');
    },

    async echo({ client, plan }) {
        const said = `héllo ✓ ${randomUUID()}`;
        await echo(client, plan, said);
        return said;
    },

    async progress({ client, plan }) {
        const { tool, arguments: args, steps, answer } = plan.progress;
        const questions = answers.asked.roots;
        // Two at once: the SDK hands each call what carries its own token, so a mixed-up token shows as a wrong count.
        const both = [1, 2].map(async () => {
            const seen = [];
            const result = await client.call(tool, args, { onprogress: progress => seen.push(progress.progress) });
            assert(textOf(result).includes(answer), `answer lacks "${answer}": ${textOf(result)}`);
            // A server that asks for the roots some time after the handshake does so in the middle of whatever goes on, and
            // this SDK then hands on some notifications of the first round twice (on the wire each is there once).
            const rounds = answers.asked.roots > questions;
            assert(rounds || increasing(seen), `not strictly increasing: ${seen}`);
            assert(seen.length >= steps - plan.mayLose, `want ${steps} notifications, got ${seen}`);
            return seen.join(',');
        });
        return (await Promise.all(both)).join(' | ');
    },

    async log({ client, plan }) {
        const { tool, arguments: args, contains, again } = plan.log;
        await client.logLevel('debug');
        const before = client.logs.length;
        await client.call(tool, args, { logLevel: 'debug' });
        const found = () => client.logs.slice(before).find(log => JSON.stringify(log.data).includes(contains));
        await waitUntil(found, `no log message with "${contains}"; got ${JSON.stringify(client.logs.slice(before))}`);
        if (again) await client.call(tool, args);
        return `${found().level}: ${JSON.stringify(found().data)}`;
    },

    async read({ client, plan }) {
        const { uri, contains } = plan.read;
        const { contents } = await client.read(uri);
        assert(contents.length === 1 && contents[0].uri === uri, `wrong contents: ${JSON.stringify(contents)}`);
        assert(contents[0].text.includes(contains), `text lacks "${contains}": ${contents[0].text}`);
        return contents[0].text.slice(0, 60);
    },

    async subscribe({ client, plan }) {
        const { uri, tool, arguments: args, again } = plan.subscribe;
        const end = await client.subscribe(uri);
        await client.call(tool, args);
        await waitUntil(() => client.updates.includes(uri), `no update of ${uri}; got ${client.updates}`);
        if (again) await client.call(tool, args);
        await end();
        return uri;
    },

    async list_changed({ client, plan }) {
        const { tool, adds } = plan.listChanged;
        const end = await client.watchTools();
        for (const present of [true, false]) {
            const before = client.changes.tools;
            await client.call(tool, {});
            await waitUntil(() => client.changes.tools > before, 'nothing said that the tools changed');
            const names = (await client.list('tools')).map(LISTS.tools);
            assert(names.includes(adds) === present, `${adds} should be ${present ? 'here' : 'gone'}: ${names}`);
        }
        await end();
        return adds;
    },

    async prompt({ client, plan }) {
        const { name, arguments: args, contains } = plan.prompt;
        const { messages } = await client.prompt(name, args);
        assert(messages[0].content.text.includes(contains), `lacks "${contains}": ${JSON.stringify(messages)}`);
        return messages[0].content.text;
    },

    async complete({ client, plan }) {
        const { ref, argument, values } = plan.complete;
        const { completion } = await client.complete({ ref, argument });
        assert(JSON.stringify(completion.values) === JSON.stringify(values), `got ${JSON.stringify(completion)}`);
        return completion.values.join(',');
    },

    async cancel({ client, plan }) {
        const { tool, arguments: args } = plan.cancel;
        const stop = new AbortController();
        let running;
        const started = new Promise(resolve => (running = resolve));
        const call = client.call(tool, args, { signal: stop.signal, onprogress: running });
        call.catch(() => {});
        await started;
        stop.abort('the user changed their mind');
        const outcome = await call.then(result => ({ result }), error => ({ error }));
        assert(outcome.error !== undefined, `the cancelled call returned ${JSON.stringify(outcome.result)}`);
        await echo(client, plan, `still here ${randomUUID()}`);
        return String(outcome.error.message).slice(0, 80);
    },

    async cancel_at_server({ client, plan }) {
        const { tool, arguments: args, counter } = plan.cancelAtServer;
        const count = async () => Number((await client.read(counter)).contents[0].text);
        const before = await count();
        const stop = new AbortController();
        const call = client.call(tool, args, { signal: stop.signal });
        call.catch(() => {});
        // The tool says nothing while it waits; after these round trips the call has long arrived.
        for (let trip = 0; trip < 3; trip += 1) await echo(client, plan, `trip ${trip}`);
        stop.abort('the user changed their mind');
        await call.catch(() => {});
        await waitUntil(async () => (await count()) === before + 1, 'the server never saw the cancellation');
        return `${before} → ${before + 1}`;
    },

    async header_param({ client, plan }) {
        const { tool, arguments: args, contains } = plan.headerParam;
        const text = textOf(await client.call(tool, args));
        assert(text.includes(contains), `lacks "${contains}": ${text}`);
        return text;
    },

    async concurrent({ client, plan }) {
        const calls = Array.from({ length: 50 }, (_, index) => `call ${index} ${randomUUID()}`);
        await Promise.all(calls.map(said => echo(client, plan, said)));
        return '50 own answers';
    },

    async large({ client, plan }) {
        const said = payload(plan.largeBytes);
        await echo(client, plan, said);
        return `${Buffer.byteLength(said)} bytes both ways`;
    },

    async tool_error({ client, plan }) {
        const { tool, arguments: args, contains } = plan.toolError;
        const result = await client.call(tool, args);
        assert(result.isError === true, `isError is not set: ${JSON.stringify(result)}`);
        assert(textOf(result).includes(contains), `lacks "${contains}": ${textOf(result)}`);
        return textOf(result).slice(0, 80);
    },

    async protocol_error({ client, plan }) {
        const { name, code } = plan.protocolError;
        const outcome = await client.prompt(name, {}).then(result => ({ result }), error => ({ error }));
        assert(outcome.error !== undefined, `an unknown prompt was served: ${JSON.stringify(outcome.result)}`);
        assert(client.code(outcome.error) === code, `want code ${code}: ${outcome.error}`);
        return String(outcome.error.message).slice(0, 80);
    },

    async sampling({ client, plan }) {
        return asked(client, plan.sampling, 'sampling');
    },
    async elicitation({ client, plan }) {
        return asked(client, plan.elicitation, 'elicitation');
    },
    async roots({ client, plan }) {
        return asked(client, plan.roots, 'roots');
    },

    async resume({ plan, connect, cell }) {
        const client = await connect({ ...cell, url: cell.resumeUrl });
        try {
            const { tool, arguments: args, steps, answer } = plan.resume;
            const seen = [];
            const result = await client.call(tool, args, { onprogress: progress => seen.push(progress.progress) });
            assert(textOf(result).includes(answer), `answer lacks "${answer}": ${textOf(result)}`);
            assert(increasing(seen), `repeated or out of order: ${seen}`);
            assert(seen.length >= steps - plan.mayLose, `lost some: ${seen}`);
            return `across the cut: ${seen}${await updateAcrossCut(client, plan.resume.update)}`;
        } finally {
            await client.close();
        }
    }
};

/** What the client answers when the server asks; the nonce must come back in the tool's result. */
export const answers = {
    nonce: randomUUID(),
    sampling() {
        const content = { type: 'text', text: `sampled ${this.nonce}` };
        return { model: 'interop', role: 'assistant', stopReason: 'endTurn', content };
    },
    elicitation(content) {
        const filled = Object.entries(content).map(([key, value]) => [key, value === '$NONCE' ? this.nonce : value]);
        return { action: 'accept', content: Object.fromEntries(filled) };
    },
    roots() {
        return { roots: [{ uri: `file:///interop/${this.nonce}`, name: 'interop' }] };
    },
    /** How often the server asked, by kind. */
    asked: { sampling: 0, elicitation: 0, roots: 0 }
};

/** Runs the cell given as JSON in argv: `{url, resumeUrl, transport, era, checks, skip, plan}`. */
export async function main(connect) {
    const cell = JSON.parse(process.argv.at(-1));
    const { plan } = cell;
    let client;
    await report('connect', cell, async () => {
        client = await connect(cell);
        assert(client.revision === cell.revision, `negotiated ${client.revision}, want ${cell.revision}`);
        assert(client.server === plan.name, `server calls itself ${client.server}, want ${plan.name}`);
        return `${client.revision} ${client.server}`;
    });
    for (const check of cell.checks) {
        await report(check, cell, () => {
            assert(client !== undefined, 'not connected');
            return CHECKS[check]({ client, plan, connect, cell });
        });
    }
    await report('close', cell, async () => {
        assert(client !== undefined, 'not connected');
        await client.close();
        return '';
    });
    process.exit(0);
}

async function report(check, cell, run) {
    const start = performance.now();
    const line = { check };
    if (cell.skip[check] !== undefined) {
        Object.assign(line, { ok: null, detail: cell.skip[check] });
    } else {
        try {
            line.detail = await withDeadline(run(), 20_000, `${check} took longer than 20 s`);
            line.ok = true;
        } catch (error) {
            Object.assign(line, { ok: false, detail: String(error?.message ?? error).slice(0, 600) });
        }
    }
    line.ms = Math.round(performance.now() - start);
    process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function listed(client, plan, kind) {
    const names = (await client.list(kind)).map(LISTS[kind]);
    const missing = plan[kind].filter(name => !names.includes(name));
    assert(missing.length === 0, `missing ${missing}; got ${names}`);
    assert(new Set(names).size === names.length, `listed twice: ${names}`);
    return `${names.length}`;
}

async function echo(client, plan, said) {
    const { tool, argument, answer } = plan.echo;
    const got = textOf(await client.call(tool, { [argument]: said }));
    const want = answer.replace('{text}', () => said);
    const brief = text => `${text.length} characters "${text.slice(0, 80)}"`;
    assert(got === want, `want ${brief(want)}, got ${brief(got)}`);
}

async function asked(client, { tool, arguments: args }, kind) {
    const text = textOf(await client.call(tool, args));
    assert(answers.asked[kind] > 0, `the client was never asked: ${text}`);
    assert(text.includes(answers.nonce), `the answer did not reach the tool: ${text}`);
    return text.replaceAll(/\s+/g, ' ').slice(0, 80);
}

/** The proxy cuts the stream inside the notification as well. */
async function updateAcrossCut(client, update) {
    if (update === undefined) return '';
    const end = await client.subscribe(update.uri);
    const call = client.call(update.tool, {});
    await waitUntil(() => client.updates.includes(update.uri), 'the update was lost with its stream');
    await call;
    await end();
    return `, and ${update.uri}`;
}

function increasing(numbers) {
    return numbers.every((number, index) => index === 0 || number > numbers[index - 1]);
}
