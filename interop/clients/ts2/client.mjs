// TypeScript SDK 2.x (`@modelcontextprotocol/client`): legacy over both transports, and 2026-07-28.
import {
    Client,
    LOG_LEVEL_META_KEY,
    ProtocolError,
    SSEClientTransport,
    StreamableHTTPClientTransport
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { answers, main } from '../checks.mjs';
import { allPages } from '../support.mjs';

await main(connect);

async function connect({ command, url, transport: kind, era, mode, plan }) {
    const modern = era === 'modern';
    const client = new Client(
        { name: 'interop-ts2', version: '1.0.0' },
        {
            capabilities: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } },
            versionNegotiation: { mode: modern ? (mode === 'pin' ? { pin: '2026-07-28' } : 'auto') : 'legacy' }
        }
    );
    const logs = [];
    const updates = [];
    const changes = { tools: 0 };
    listen(client, { logs, updates, changes }, plan);
    const transport = transportOf(kind, command, url);
    await client.connect(transport);

    return {
        revision: client.getNegotiatedProtocolVersion(),
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
        call(name, args, { onprogress, signal, logLevel } = {}) {
            // A modern server logs only to a request that asks for it.
            const _meta = modern && logLevel ? { [LOG_LEVEL_META_KEY]: logLevel } : undefined;
            return client.callTool({ name, arguments: args, ...(_meta && { _meta }) }, { onprogress, signal });
        },
        read: uri => client.readResource({ uri }),
        prompt: (name, args) => client.getPrompt({ name, arguments: args }),
        complete: params => client.complete(params),
        async subscribe(uri) {
            if (modern) {
                const subscription = await client.listen({ resourceSubscriptions: [uri] });
                return () => subscription.close();
            }
            await client.subscribeResource({ uri });
            return async () => void (await client.unsubscribeResource({ uri }));
        },
        async watchTools() {
            const subscription = modern ? await client.listen({ toolsListChanged: true }) : undefined;
            return async () => void (await subscription?.close());
        },
        logLevel: async level => void (modern || (await client.setLoggingLevel(level))),
        code: error => (error instanceof ProtocolError ? error.code : undefined),
        async close() {
            await transport.terminateSession?.();
            await client.close();
        }
    };
}

function transportOf(kind, command, url) {
    if (kind === 'stdio') return new StdioClientTransport({ command: command[0], args: command.slice(1) });
    const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
    return new Transport(new URL(url));
}

function listen(client, { logs, updates, changes }, plan) {
    client.setNotificationHandler('notifications/message', ({ params }) => void logs.push(params));
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updates.push(params.uri));
    client.setNotificationHandler('notifications/tools/list_changed', () => void (changes.tools += 1));
    client.setRequestHandler('sampling/createMessage', () => {
        answers.asked.sampling += 1;
        return answers.sampling();
    });
    client.setRequestHandler('roots/list', () => {
        answers.asked.roots += 1;
        return answers.roots();
    });
    client.setRequestHandler('elicitation/create', () => {
        answers.asked.elicitation += 1;
        return answers.elicitation(plan.elicitation.content);
    });
}
