#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: oci_archive.py LAYER.tar OUT.tar NAME ['{"Cmd": [...]}']	an image of one layer, as `ctr images import` takes it"""
import hashlib
import io
import json
import sys
import tarfile


def main():
    layer_file, out, name = sys.argv[1:4]
    config = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {"Cmd": ["sh"]}
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data)}

    with open(layer_file, "rb") as f:
        layer = blob(f.read(), "layer.v1.tar")
    config.setdefault("Env", ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    image = {"architecture": "amd64", "os": "linux", "config": config,
             "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
    manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                                "config": blob(json.dumps(image).encode(), "config.v1+json"),
                                "layers": [layer]}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.split(":")[-1]}
    files = {"blobs/sha256/" + digest: data for digest, data in blobs.items()}
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    with tarfile.open(out, "w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


main()
