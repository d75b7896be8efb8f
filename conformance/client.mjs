// A client with the gateway between it and the suite, which is the server here: it judges what the gateway sends there.
// The suite starts it with its own address as the last argument, and with the scenario and the revision in the environment.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const MODERN = '2026-07-28';
const revision = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION;
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

const folder = await mkdtemp(join(tmpdir(), 'pontoon-conformance-'));
const gateway = await startGateway(process.argv.at(-1));
try {
    await drive(gateway.url);
} finally {
    gateway.process.kill('SIGTERM');
    await new Promise(resolve => gateway.process.once('exit', resolve));
    await rm(folder, { recursive: true });
}

async function startGateway(url) {
    const config = join(folder, 'pontoon.toml');
    await writeFile(config, `[server.suite]\nurl = ${JSON.stringify(url)}\n`);
    const started = spawn(process.env.PONTOON_BIN, ['serve', '--listen', '127.0.0.1:0', '--json', '--config', config], {
        stdio: ['ignore', 'pipe', 'inherit']
    });
    const { value } = await createInterface({ input: started.stdout })[Symbol.asyncIterator]().next();
    return { process: started, url: JSON.parse(value).servers.suite.mcp };
}

async function drive(url) {
    const client = new Client(
        { name: 'pontoon-conformance', version: '1.0.0' },
        {
            capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
            versionNegotiation: { mode: revision === MODERN ? { pin: MODERN } : 'legacy' }
        }
    );
    client.setRequestHandler('elicitation/create', async () => {
        // An answer belongs to the call that was asked for it: what is called meanwhile must not carry it.
        if (scenario === 'sep-2322-client-request-state') await client.callTool({ name: 'test_mrtr_unrelated' });
        return { action: 'accept', content: scenario.includes('defaults') ? {} : { confirmed: true } };
    });
    const transport = new StreamableHTTPClientTransport(new URL(url));
    await client.connect(transport);
    await useEverything(client);
    await transport.terminateSession?.();
    await client.close();
}

/** Lists what is offered and uses each once. A refusal is the suite's to judge. */
async function useEverything(client) {
    const { tools } = await client.listTools();
    // This one is about the list alone: its server has nothing else.
    if (scenario === 'json-schema-ref-no-deref') return;
    const schema = tools.find(tool => tool.name === 'json_schema_2020_12_tool')?.inputSchema;
    // The schema goes back as it arrived, for the suite to see what became of it on the way.
    if (schema) return void (await client.callTool({ name: 'json_schema_echo', arguments: { schema } }));
    const calls = context.toolCalls ?? tools.map(tool => ({ name: tool.name, arguments: fillIn(tool.inputSchema) }));
    for (const call of calls) await tried(client.callTool({ name: call.name, arguments: call.arguments }));
    for (const { uri } of (await tried(client.listResources()))?.resources ?? []) await tried(client.readResource({ uri }));
    for (const { name } of (await tried(client.listPrompts()))?.prompts ?? []) await tried(client.getPrompt({ name }));
}

async function tried(promise) {
    try {
        return await promise;
    } catch (error) {
        console.error(String(error));
        return undefined;
    }
}

function fillIn(schema) {
    const examples = { string: 'text', number: 5, integer: 5, boolean: true };
    const fields = Object.entries(schema.properties ?? {});
    return Object.fromEntries(fields.map(([name, field]) => [name, examples[field.type] ?? null]));
}
