// A small server of the TypeScript SDK 2.x that speaks 2026-07-28 and nothing older, over HTTP or over stdio.
//
//     node servers/typescript2.mjs stdio
//     PORT=8000 node servers/typescript2.mjs http        # http://127.0.0.1:8000/mcp
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
    completable,
    createMcpHandler,
    fromJsonSchema,
    inputRequired,
    inputResponse,
    McpServer,
    ResourceTemplate
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod/v4';

const FORM = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age']
};

// Over HTTP every request has a server object of its own: what lasts is kept here.
let cancelled = 0;
let flipped = false;
/** How a change is told to whoever listens; over stdio the server object itself does. */
let notify;

const text = said => ({ content: [{ type: 'text', text: said }] });

function build() {
    const server = new McpServer(
        { name: 'peer', version: '1.0.0' },
        { capabilities: { logging: {}, resources: { subscribe: true }, tools: { listChanged: true } } }
    );
    describeTools(server);
    describeQuestions(server);
    describeRest(server);
    return server;
}

function describeTools(server) {
    server.registerTool('echo', { inputSchema: z.object({ message: z.string() }) }, ({ message }) => text(message));
    server.registerTool('progress', { inputSchema: z.object({ steps: z.number() }) }, async ({ steps }, ctx) => {
        for (let step = 1; step <= steps; step += 1) {
            await tell(ctx, step, steps);
            await pause(20);
        }
        return text(`done ${steps}`);
    });
    server.registerTool('log', {}, async ctx => {
        await ctx.mcpReq.log('info', 'a line for the log');
        return text('logged');
    });
    server.registerTool('slow', {}, async ctx => {
        const { signal } = ctx.mcpReq;
        signal.addEventListener('abort', () => (cancelled += 1));
        await pause(60_000, undefined, { signal });
        return text('nobody cancelled this');
    });
    server.registerTool('touch', {}, async () => {
        if (notify) notify.resourceUpdated('peer://touched');
        else await server.server.sendResourceUpdated({ uri: 'peer://touched' });
        return text('touched');
    });
    server.registerTool('fail', {}, () => {
        throw new Error('failed on purpose');
    });
    const region = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } }, required: ['region'] };
    server.registerTool('region', { inputSchema: fromJsonSchema(region) }, it => text(`called for ${it.region}`));
    const extra = server.registerTool('extra', {}, () => text('extra'));
    if (!flipped) extra.disable();
    server.registerTool('flip', { description: 'Adds the tool `extra`, or removes it again.' }, () => {
        flipped = !flipped;
        extra.update({ enabled: flipped });
        notify?.toolsChanged();
        return text('flipped');
    });
}

/** Each asks in its first round, and reads the answer in its second. */
function describeQuestions(server) {
    const asking = (name, question, read) =>
        server.registerTool(name, {}, ctx => {
            const answer = inputResponse(ctx.mcpReq.inputResponses, 'it');
            return answer.kind === 'missing' ? inputRequired({ inputRequests: { it: question } }) : text(read(answer));
        });
    const said = { role: 'user', content: { type: 'text', text: 'say something' } };
    asking('sample', inputRequired.createMessage({ messages: [said], maxTokens: 100 }), JSON.stringify);
    asking('ask', inputRequired.elicit({ message: 'Who are you?', requestedSchema: FORM }), JSON.stringify);
    asking('roots', inputRequired.listRoots(), JSON.stringify);
}

function describeRest(server) {
    const fixed = (name, uri, read) =>
        server.registerResource(name, uri, {}, () => ({ contents: [{ uri, text: read() }] }));
    fixed('touched', 'peer://touched', () => 'touched');
    fixed('cancelled', 'peer://cancelled', () => String(cancelled));
    const template = new ResourceTemplate('peer://item/{id}', { list: undefined });
    server.registerResource('item', template, {}, (uri, { id }) => ({ contents: [{ uri: uri.href, text: `item ${id}` }] }));
    const names = typed => ['alpha', 'beta'].filter(name => name.startsWith(typed));
    server.registerPrompt('greet', { argsSchema: z.object({ name: completable(z.string(), names) }) }, ({ name }) => ({
        messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name} kindly` } }]
    }));
}

async function tell(ctx, progress, total) {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    if (progressToken === undefined) return;
    await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total } });
}

if (process.argv[2] === 'stdio') {
    serveStdio(build, { legacy: 'reject' });
} else {
    const handler = createMcpHandler(build, { legacy: 'reject' });
    notify = handler.notify;
    createServer(toNodeHandler(handler)).listen(Number(process.env.PORT), '127.0.0.1');
}
