"""Reads Qt's binary resource files (.rcc), versions 1 to 3.

The layout is that of Qt's own reader (QResourceRoot in qtbase, src/corelib/io/qresource.cpp) and
writer (rcc): a header with the offsets of three tables (tree, data, names), all big-endian. Each tree
node is a folder (count and index of its children) or a file (offset of its bytes); names are UTF-16
behind a length and a hash.
"""

import struct
import zlib
from collections.abc import Iterator

_COMPRESSED, _DIRECTORY, _COMPRESSED_ZSTD = 1, 2, 4
_NODE_SIZE = {1: 14, 2: 22, 3: 22}


def files(rcc: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields (path, bytes) for each file in the bytes of an .rcc file."""
    magic, version, tree, data, names = struct.unpack_from(">4sIIII", rcc)
    if magic != b"qres" or version not in _NODE_SIZE:
        raise ValueError(f"not a Qt resource file of version 1 to 3: {magic!r}, version {version}")

    def name(offset: int) -> str:
        length = struct.unpack_from(">H", rcc, names + offset)[0]
        start = names + offset + 6  # past the length and the 4-byte hash
        return rcc[start : start + 2 * length].decode("utf-16-be")

    def content(offset: int, flags: int) -> bytes:
        size = struct.unpack_from(">I", rcc, data + offset)[0]
        stored = rcc[data + offset + 4 : data + offset + 4 + size]
        if flags & _COMPRESSED_ZSTD:
            raise ValueError("files compressed with zstd are not supported")
        # qCompress puts the uncompressed size, 4 bytes, before the zlib stream.
        return zlib.decompress(stored[4:]) if flags & _COMPRESSED else stored

    def walk(index: int, parents: list[str]) -> Iterator[tuple[str, bytes]]:
        at = tree + index * _NODE_SIZE[version]
        name_offset, flags = struct.unpack_from(">IH", rcc, at)
        path = parents + [name(name_offset)] if index else parents
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", rcc, at + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
        else:
            yield "/".join(path), content(struct.unpack_from(">I", rcc, at + 10)[0], flags)

    yield from walk(0, [])
