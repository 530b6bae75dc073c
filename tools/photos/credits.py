"""Reads the READMEs in which GCompris credits its pictures.

A README is a list of blocks divided by empty lines. Each block has the keys Copyright (the author),
Source (a page), License and Files, in any order; file names follow Files on its own line or on the
lines after it, relative to the README's folder.
"""

from dataclasses import dataclass

# The spellings that the READMEs use for the two licences that Graft takes.
FREE = {"public domain": "Public domain", "cc0-1.0": "CC0-1.0"}


@dataclass(frozen=True)
class Credit:
    author: str
    source: str
    licence: str

    def free_licence(self) -> str | None:
        """The licence's name if it leaves no obligation, otherwise None."""
        return FREE.get(self.licence.lower())


def parse(readme: str) -> dict[str, Credit]:
    """Returns the credit of each file that the README names and credits with author, source and licence."""
    credits: dict[str, Credit] = {}
    for block in readme.replace("\r\n", "\n").split("\n\n"):
        values: dict[str, str] = {}
        files: list[str] = []
        in_files = False
        for line in filter(None, map(str.strip, block.splitlines())):
            key, separator, value = line.partition(":")
            if separator and key in ("Copyright", "Source", "License", "Comments"):
                values[key] = value.strip()
                in_files = False
            elif separator and key == "Files":
                in_files = True
                files += value.split()
            elif in_files:
                files.append(line)
        if {"Copyright", "Source", "License"} <= values.keys():
            credit = Credit(values["Copyright"], values["Source"], values["License"])
            credits.update((file, credit) for file in files)
    return credits
