/** Peer: a socket.io room per stream; the library encodes a message once per room. */
import { Server } from 'socket.io';
import { listenToFeed, serve } from './final-feed';

const io = new Server(serve(), { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  socket.on('subscribe', (args: string[]) => {
    void socket.join(args);
    socket.emit('subscribed');
  });
});
listenToFeed((arg, text) => io.to(arg).emit('m', JSON.parse(text)));
