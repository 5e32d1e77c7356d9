/** Peer: `ws`, each message sent to each client by itself. The text is never parsed, which is more than a real server can hope for. */
import { WebSocketServer, type WebSocket } from 'ws';
import { listenToFeed, Rooms, serve } from './final-feed';

const rooms = new Rooms<WebSocket>();
new WebSocketServer({ server: serve() }).on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('close', () => rooms.leave(socket));
  socket.on('message', (data: Buffer) => {
    const { op, args } = JSON.parse(data.toString()) as { op: string; args: string[] };
    rooms.join(args, socket);
    socket.send(JSON.stringify({ op, success: true }));
  });
});
listenToFeed((arg, text) => {
  for (const socket of rooms.of(arg)) socket.send(text);
});
