// Loaded by `node --require`: a server that asks for a port on every interface gets it on 127.0.0.1 only.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
    if (!/^\d+$/.test(String(port))) return listen.call(this, port, ...rest);
    return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...rest.filter(it => typeof it === 'function'));
};
