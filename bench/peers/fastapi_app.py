"""Peer: FastAPI + uvicorn + Redis pub/sub, of the usual shape: one listener task, send_text to all with asyncio.gather."""

import asyncio
import json
import os
import socket

import redis.asyncio as redis
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
rooms: dict[str, set[WebSocket]] = {}


@app.websocket("/ws")
async def client(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            request = json.loads(await websocket.receive_text())
            for arg in request["args"]:
                rooms.setdefault(arg, set()).add(websocket)
            await websocket.send_text(json.dumps({"op": "subscribe", "success": True}, separators=(",", ":")))
    except WebSocketDisconnect:
        pass
    finally:
        for room in rooms.values():
            room.discard(websocket)


async def listen() -> None:
    pubsub = redis.Redis(port=int(os.environ["REDIS_PORT"])).pubsub()
    await pubsub.psubscribe("*")
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    async for message in pubsub.listen():
        if message["type"] != "pmessage":
            continue
        room = rooms.get(message["channel"].decode())
        if room:
            text = message["data"].decode()
            await asyncio.gather(*(websocket.send_text(text) for websocket in list(room)), return_exceptions=True)


async def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws_per_message_deflate=False))
    await asyncio.gather(server.serve(sockets=[listener]), listen())


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1024)
asyncio.run(main())
