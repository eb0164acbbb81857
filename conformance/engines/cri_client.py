# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the Container Runtime Interface: its messages as tables, calls over gRPC, streams over WebSocket.

A message is a dict. MESSAGES says for each kind what its members' numbers and kinds are; what is not there is not sent
and, when received, ignored. Kinds: s string, b bytes, i integer, ? bool, a message's name; "*" before it: repeated;
"{s" a map of strings, "{Kind" a map from strings to messages.
"""
import base64
import http.client
import os
import struct
import urllib.parse

import grpc

MESSAGES = {
    "Empty": {},
    "Id": {"id": (1, "s")},
    "Version": {"version": (1, "s"), "name": (2, "s"), "runtime_version": (3, "s"), "api": (4, "s")},
    "Verbose": {"verbose": (1, "?")},
    "Condition": {"type": (1, "s"), "status": (2, "?")},
    "Conditions": {"conditions": (1, "*Condition")},
    "Features": {"recursive_read_only_mounts": (1, "?"), "user_namespaces": (2, "?")},
    "Handler": {"name": (1, "s"), "features": (2, "Features")},
    "Status": {"status": (1, "Conditions"), "info": (2, "{s"), "handlers": (3, "*Handler")},
    # pods
    "SandboxMeta": {"name": (1, "s"), "uid": (2, "s"), "namespace": (3, "s"), "attempt": (4, "i")},
    "IdMapping": {"host": (1, "i"), "container": (2, "i"), "length": (3, "i")},
    "Userns": {"mode": (1, "i"), "uids": (2, "*IdMapping"), "gids": (3, "*IdMapping")},
    "Namespaces": {"network": (1, "i"), "pid": (2, "i"), "ipc": (3, "i"), "target": (4, "s"), "userns": (5, "Userns")},
    "Int64": {"value": (1, "i")},
    "Profile": {"type": (1, "i"), "path": (2, "s")},
    "SandboxSecurity": {"namespaces": (1, "Namespaces"), "run_as_user": (3, "Int64"), "privileged": (6, "?"),
                        "seccomp": (9, "Profile")},
    "SandboxLinux": {"cgroup_parent": (1, "s"), "security": (2, "SandboxSecurity"), "sysctls": (3, "{s")},
    "SandboxConfig": {"metadata": (1, "SandboxMeta"), "hostname": (2, "s"), "log_directory": (3, "s"),
                      "annotations": (7, "{s"), "linux": (8, "SandboxLinux")},
    "RunSandbox": {"config": (1, "SandboxConfig"), "handler": (2, "s")},
    "SandboxNetwork": {"ip": (1, "s")},
    "SandboxStatus": {"id": (1, "s"), "state": (3, "i"), "network": (5, "SandboxNetwork"), "handler": (9, "s")},
    "SandboxStatusResponse": {"status": (1, "SandboxStatus"), "info": (2, "{s")},
    # containers
    "ContainerMeta": {"name": (1, "s"), "attempt": (2, "i")},
    "Image": {"image": (1, "s")},
    "KeyValue": {"key": (1, "s"), "value": (2, "s")},
    "Mount": {"container_path": (1, "s"), "host_path": (2, "s"), "readonly": (3, "?"), "propagation": (5, "i"),
              "uids": (6, "*IdMapping"), "gids": (7, "*IdMapping"), "recursive_read_only": (8, "?")},
    "Device": {"container_path": (1, "s"), "host_path": (2, "s"), "permissions": (3, "s")},
    "Resources": {"cpu_period": (1, "i"), "cpu_quota": (2, "i"), "cpu_shares": (3, "i"), "memory": (4, "i"),
                  "oom_score_adj": (5, "i"), "unified": (9, "{s")},
    "Capabilities": {"add": (1, "*s"), "drop": (2, "*s")},
    "Security": {"capabilities": (1, "Capabilities"), "privileged": (2, "?"), "namespaces": (3, "Namespaces"),
                 "run_as_user": (5, "Int64"), "run_as_username": (6, "s"), "readonly_rootfs": (7, "?"),
                 "supplemental_groups": (8, "*i"), "no_new_privs": (11, "?"), "run_as_group": (12, "Int64"),
                 "masked_paths": (13, "*s"), "readonly_paths": (14, "*s"), "seccomp": (15, "Profile")},
    "Linux": {"resources": (1, "Resources"), "security": (2, "Security")},
    "ContainerConfig": {"metadata": (1, "ContainerMeta"), "image": (2, "Image"), "command": (3, "*s"), "args": (4, "*s"),
                        "working_dir": (5, "s"), "envs": (6, "*KeyValue"), "mounts": (7, "*Mount"),
                        "devices": (8, "*Device"), "annotations": (10, "{s"), "log_path": (11, "s"), "stdin": (12, "?"),
                        "stdin_once": (13, "?"), "tty": (14, "?"), "linux": (15, "Linux")},
    "Create": {"sandbox": (1, "s"), "config": (2, "ContainerConfig"), "sandbox_config": (3, "SandboxConfig")},
    "Stop": {"id": (1, "s"), "timeout": (2, "i")},
    "ContainerStatus": {"id": (1, "s"), "state": (3, "i"), "started": (5, "i"), "exit_code": (7, "i"), "reason": (10, "s"),
                        "message": (11, "s")},
    "ContainerStatusRequest": {"id": (1, "s"), "verbose": (2, "?")},
    "ContainerStatusResponse": {"status": (1, "ContainerStatus"), "info": (2, "{s")},
    "Update": {"id": (1, "s"), "linux": (2, "Resources")},
    "Listed": {"id": (1, "s")},
    "Containers": {"containers": (1, "*Listed")},
    "Sandboxes": {"items": (1, "*Listed")},
    # programs in them
    "ExecSync": {"id": (1, "s"), "cmd": (2, "*s"), "timeout": (3, "i")},
    "ExecSyncResponse": {"stdout": (1, "b"), "stderr": (2, "b"), "exit_code": (3, "i")},
    "Exec": {"id": (1, "s"), "cmd": (2, "*s"), "tty": (3, "?"), "stdin": (4, "?"), "stdout": (5, "?"), "stderr": (6, "?")},
    "Attach": {"id": (1, "s"), "stdin": (2, "?"), "tty": (3, "?"), "stdout": (4, "?"), "stderr": (5, "?")},
    "Url": {"url": (1, "s")},
    # numbers
    "Uint64": {"value": (1, "i")},
    "Cpu": {"timestamp": (1, "i"), "usage": (2, "Uint64")},
    "Memory": {"timestamp": (1, "i"), "working_set": (2, "Uint64")},
    "Processes": {"timestamp": (1, "i"), "count": (2, "Uint64")},
    "ContainerStats": {"attributes": (1, "Listed"), "cpu": (2, "Cpu"), "memory": (3, "Memory")},
    "Stats": {"stats": (1, "ContainerStats")},
    "StatsFilter": {"id": (1, "s"), "sandbox": (2, "s")},
    "ListStats": {"filter": (1, "StatsFilter")},
    "StatsList": {"stats": (1, "*ContainerStats")},
    "SandboxLinuxStats": {"cpu": (1, "Cpu"), "memory": (2, "Memory"), "processes": (4, "Processes"),
                          "containers": (5, "*ContainerStats")},
    "SandboxStats": {"attributes": (1, "Listed"), "linux": (2, "SandboxLinuxStats")},
    "SandboxStatsResponse": {"stats": (1, "SandboxStats")},
}

# name: request, response
CALLS = {
    "Version": ("Version", "Version"), "Status": ("Verbose", "Status"),
    "RunPodSandbox": ("RunSandbox", "Id"), "StopPodSandbox": ("Id", "Empty"), "RemovePodSandbox": ("Id", "Empty"),
    "PodSandboxStatus": ("ContainerStatusRequest", "SandboxStatusResponse"), "ListPodSandbox": ("Empty", "Sandboxes"),
    "CreateContainer": ("Create", "Id"), "StartContainer": ("Id", "Empty"), "StopContainer": ("Stop", "Empty"),
    "RemoveContainer": ("Id", "Empty"), "ListContainers": ("Empty", "Containers"),
    "ContainerStatus": ("ContainerStatusRequest", "ContainerStatusResponse"),
    "UpdateContainerResources": ("Update", "Empty"), "ContainerStats": ("Id", "Stats"), "ReopenContainerLog": ("Id", "Empty"),
    "ListContainerStats": ("ListStats", "StatsList"), "PodSandboxStats": ("Id", "SandboxStatsResponse"),
    "ExecSync": ("ExecSync", "ExecSyncResponse"), "Exec": ("Exec", "Url"), "Attach": ("Attach", "Url"),
}


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, kind, value):
    if kind in "i?":
        return varint(number << 3) + varint(int(value))
    data = value.encode() if kind == "s" else value if kind == "b" else encode(kind, value)
    return varint(number << 3 | 2) + varint(len(data)) + data


def encode(name, message):
    out = b""
    for key, value in message.items():
        number, kind = MESSAGES[name][key]
        if kind[0] == "{":
            for k, v in value.items():
                entry = field(1, "s", k) + field(2, kind[1:], v)
                out += varint(number << 3 | 2) + varint(len(entry)) + entry
        elif kind[0] == "*":
            out += b"".join(field(number, kind[1:], v) for v in value)
        else:
            out += field(number, kind, value)
    return out


def read_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return n, at


def raw_fields(data):
    """number and value (an integer or bytes) of each member"""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(wire) or read_varint(data, at)
            value, at = data[at:at + size], at + size
        yield tag >> 3, value


def convert(kind, value):
    if kind == "i":
        return value - (1 << 64) if value >> 63 else value
    return {"s": lambda: value.decode(), "b": lambda: value, "?": lambda: bool(value)}.get(
        kind, lambda: decode(kind, value))()


def decode(name, data):
    members = {number: (key, kind) for key, (number, kind) in MESSAGES[name].items()}
    empty = {"i": 0, "s": "", "b": b"", "?": False}
    out = {key: [] if kind[0] == "*" else {} if kind[0] == "{" else empty.get(kind)
           for key, (_, kind) in MESSAGES[name].items()}
    for number, value in raw_fields(data):
        if number not in members:
            continue
        key, kind = members[number]
        if kind[0] == "{":
            entry = dict(raw_fields(value))
            out[key][entry.get(1, b"").decode()] = convert(kind[1:], entry.get(2, b""))
        elif kind[0] == "*":
            out[key].append(convert(kind[1:], value))
        else:
            out[key] = convert(kind, value)
    return out


class Client:
    """client.ExecSync(id=..., cmd=[...]) makes the call of that name and gives the response as a dict"""

    def __init__(self, socket):
        self.channel = grpc.insecure_channel("unix://" + socket)

    def __getattr__(self, name):
        request, response = CALLS[name]
        call = self.channel.unary_unary("/runtime.v1.RuntimeService/" + name,
                                        request_serializer=lambda m: encode(request, m),
                                        response_deserializer=lambda d: decode(response, d))
        return lambda **members: call(members, timeout=60)


class Stream:
    """What exec and attach give: WebSocket messages, each of one channel."""
    STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        http_connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        http_connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol": "v4.channel.k8s.io"})
        self.socket = http_connection.sock
        self.file = self.socket.makefile("rb")
        status = self.file.readline()
        if b" 101 " not in status:
            raise RuntimeError("no WebSocket: %r" % status)
        while self.file.readline().strip():
            pass
        self.got = {channel: b"" for channel in range(5)}

    def send(self, channel, data):
        payload = bytes([channel]) + data
        size = len(payload)
        head = struct.pack("!BB", 0x82, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x82, 0x80 | 126, size)
        self.socket.sendall(head + b"\0\0\0\0" + payload)  # a mask of zeros changes nothing

    def receive(self):
        """takes one message; False at the end"""
        head = self.file.read(2)
        if len(head) < 2:
            return False
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
        data = self.file.read(size)
        if head[0] & 15 == 8:
            return False
        if head[0] & 15 < 3 and data:
            self.got[data[0]] += data[1:]
        return True

    def until(self, channel, text):
        while text not in self.got[channel]:
            if not self.receive():
                raise RuntimeError("%r did not come: %r" % (text, self.got))

    def rest(self):
        while self.receive():
            pass
        return self.got
