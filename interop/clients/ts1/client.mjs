// TypeScript SDK 1.x (`@modelcontextprotocol/sdk`): the HTTP+SSE and the Streamable HTTP transport, both legacy.
// The first argument names the installed package, so that older 1.x releases run the same script.
import { answers, main } from '../checks.mjs';
import { allPages } from '../support.mjs';

const sdk = process.argv[2];
const { Client } = await import(`${sdk}/client/index.js`);
const { SSEClientTransport } = await import(`${sdk}/client/sse.js`);
const { StreamableHTTPClientTransport } = await import(`${sdk}/client/streamableHttp.js`).catch(() => ({}));
const schema = await import(`${sdk}/types.js`);

await main(connect);

async function connect({ url, transport: kind, plan }) {
    const questions = { sampling: {}, roots: { listChanged: true } };
    if (schema.ElicitRequestSchema) questions.elicitation = {};
    const client = new Client({ name: 'interop-ts1', version: '1.0.0' }, { capabilities: questions });
    const logs = [];
    const updates = [];
    const changes = { tools: 0 };
    listen(client, { logs, updates, changes }, plan);
    const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
    const transport = new Transport(new URL(url));
    const revision = overhearRevision(transport);
    await client.connect(transport);

    return {
        revision: revision(),
        server: client.getServerVersion()?.name,
        logs,
        updates,
        changes,
        list(kind) {
            const pages = {
                tools: params => client.listTools(params),
                resources: params => client.listResources(params),
                templates: params => client.listResourceTemplates(params),
                prompts: params => client.listPrompts(params)
            };
            return allPages(pages[kind], kind === 'templates' ? 'resourceTemplates' : kind);
        },
        call(name, args, { onprogress, signal } = {}) {
            return client.callTool({ name, arguments: args }, undefined, { onprogress, signal });
        },
        read: uri => client.readResource({ uri }),
        prompt: (name, args) => client.getPrompt({ name, arguments: args }),
        complete: params => client.complete(params),
        async subscribe(uri) {
            await client.subscribeResource({ uri });
            return async () => void (await client.unsubscribeResource({ uri }));
        },
        watchTools: async () => async () => {},
        logLevel: async level => void (await client.setLoggingLevel(level)),
        code: error => error.code,
        async close() {
            await transport.terminateSession?.();
            await client.close();
        }
    };
}

/** The client keeps no public copy of the negotiated revision, so it is taken from the answer to `initialize`. */
function overhearRevision(transport) {
    let revision;
    let deliver;
    Object.defineProperty(transport, 'onmessage', {
        get: () => deliver,
        set: next => {
            deliver = (message, ...rest) => {
                revision ??= message.result?.protocolVersion;
                return next(message, ...rest);
            };
        }
    });
    return () => revision;
}

function listen(client, { logs, updates, changes }, plan) {
    client.setNotificationHandler(schema.LoggingMessageNotificationSchema, ({ params }) => void logs.push(params));
    const updated = schema.ResourceUpdatedNotificationSchema;
    client.setNotificationHandler(updated, ({ params }) => void updates.push(params.uri));
    client.setNotificationHandler(schema.ToolListChangedNotificationSchema, () => void (changes.tools += 1));
    client.setRequestHandler(schema.CreateMessageRequestSchema, () => {
        answers.asked.sampling += 1;
        return answers.sampling();
    });
    client.setRequestHandler(schema.ListRootsRequestSchema, () => {
        answers.asked.roots += 1;
        return answers.roots();
    });
    if (schema.ElicitRequestSchema) {
        client.setRequestHandler(schema.ElicitRequestSchema, () => {
            answers.asked.elicitation += 1;
            return answers.elicitation(plan.elicitation.content);
        });
    }
}
