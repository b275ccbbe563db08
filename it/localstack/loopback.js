'use strict';
// Loaded into kinesis-local before it starts. It listens on every interface and has no option against that.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== 'number') throw new Error(`loopback.js knows listen(port, ...) only, not listen(${port})`);
  if (typeof rest[0] === 'string') rest.shift();
  return listen.call(this, port, '127.0.0.1', ...rest);
};
