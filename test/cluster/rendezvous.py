"""rendezvous.py - what torchrun's workers do first, in small: all ranks meet at MASTER_ADDR:MASTER_PORT and agree.

Rank 0 listens, each other rank sends its number; then rank 0 tells all of them the sum.  Every rank prints
`rank R of N on NODE: sum S`, so a wrong or missing variable shows.
"""
import os
import socket
import time

rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
node = os.environ["FASTGPU_NODE"]
devices = os.environ.get("CUDA_VISIBLE_DEVICES", "")


def connect():
    end = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection((address, port), timeout=10)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


if rank == 0:
    with socket.create_server((address, port), backlog=world) as server:
        server.settimeout(30)
        peers = [server.accept()[0] for _ in range(world - 1)]
    total = sum(int(peer.makefile().readline()) for peer in peers)
    for peer in peers:
        peer.sendall(f"{total}\n".encode())
else:
    with connect() as line:
        line.sendall(f"{rank}\n".encode())
        total = int(line.makefile().readline())
print(f"rank {rank} of {world} on {node}: sum {total} devices {devices}"
      f" local {os.environ['LOCAL_RANK']}/{os.environ['LOCAL_WORLD_SIZE']}"
      f" node {os.environ['NODE_RANK']}/{os.environ['NNODES']}", flush=True)
