// The same small server on Socket.IO for Node, for sockets.py to measure beside ours.
import { createRequire } from "node:module";
import { createServer } from "node:http";

const { Server } = createRequire(`${process.argv[2]}/`)("socket.io");
const text = "x".repeat(80);
const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.join("room");
  socket.on("echo", (data, answer) => answer({ ok: true, seq: data.seq }));
  socket.on("blast", (count) => {
    let sent = 0;
    const send = () => {
      io.to("room").emit("event", { epoch: 1, seq: sent, text });
      sent += 1;
      if (sent < count) setImmediate(send);
    };
    send();
  });
});

http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  process.stdout.write(`${http.address().port}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
