"""Lines of a terminal that hold a prompt and a command: where one command's output ends and the next begins.

A capture keeps what the user saved, character for character; a reader of grammar ``log`` begins a block at each line
for which :func:`prompt_of` is not empty and keeps the lines up to the next one together.

Known: Cisco IOS, IOS XR and NX-OS, Arista EOS, Juniper Junos, Huawei VRP and H3C, Nokia SR OS (classic and MD-CLI),
Ericsson moshell, Linux and macOS shells, Windows. A prompt that could also be prose ("Item# Name", "a>b", "[INFO] x")
counts only when a word that such devices know as a command follows.
"""

import re

_MAX_LINE = 2_000
"""Characters. No longer line is taken for a prompt."""

_WORDS = """
admin alt archive attach bash bfd bof boot candidate cd changeto clear clock commit compare conf config configure
copy crypto debug delete diagnose dir dis disable discard display do edit en enable end environment erase execute
exit export failover fdiff file get hget hostname info install int interface ip kget less lget license load lget
log logging logout ls lst mkdir monitor more no nslookup oam op pget ping ping6 pwd quit reboot redundancy reload
rename request reset restart return rollback run save scp screen-length set sftp sh sho show shutdown ssh st start
su super switchto sys sysname system system-view tclsh tcpdump telnet term terminal test tools trace traceroute
tracert undebug undo update verify vrf who whoami wr write cat kubectl oc docker ceph openstack esadmin
"""
_VERBS = frozenset(_WORDS.split())
_LEVELS = "trace debug info notice warn warning error err crit critical fatal alert emerg ok fail"
_NO_HOSTS = frozenset(_LEVELS.split())
"""What stands in brackets at the start of a log line."""
_HOST = r"[A-Za-z0-9][\w.-]{0,80}"
_MODE = r"(?:\([\w ./:@-]{1,80}\))"
_TIME = re.compile(r"\[?(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]{1,4}")
"""Some terminals write the time before each line."""

# The name in front of the mark decides; whatever follows is the command.
_SURE = tuple(
    re.compile(pattern)
    for pattern in (
        # IOS XR: RP/0/RSP0/CPU0:router1(config)#
        rf"(?P<host>(?:RP|LC|0|F\d)/\w{{1,8}}/\w{{1,8}}(?:/\w{{1,8}})?:{_HOST})"
        rf"{_MODE}?[#>][ \t]{{0,4}}(?P<command>\S.*)",
        # Nokia SR OS: A:router1#, *A:router1>config>router#, MD-CLI: A:admin@node-2#
        rf"[!*]{{0,2}}(?P<host>[A-D]:(?:[\w.-]{{1,40}}@)?{_HOST})"
        r"(?:>[\w>./-]{0,200})?[#$][ \t]{1,4}(?P<command>\S.*)",
        # user@host>, user@host#, user@host:~/x$, (env) user@host:/etc#; Junos may put {master:0} or [edit] before it
        rf"(?:[{{(\[][\w:. -]{{1,40}}[)}}\]][ \t]?)?(?P<host>[\w.-]{{1,40}}@{_HOST})"
        r"(?::[~/][^\s$#%>]{0,200})?(?:[ \t]\([\w./-]{1,80}\))?[ \t]?[>#$%][ \t]{1,4}(?P<command>\S.*)",
        # [root@host ~]#
        rf"\[(?P<host>[\w.-]{{1,40}}@{_HOST})[ \t:][^\]\s]{{1,200}}\][ \t]?[#$%][ \t]{{0,4}}(?P<command>\S.*)",
        # A mode in brackets: router1(config-if)#
        rf"(?P<host>{_HOST})\((?:conf|cfg|admin|maint|debug|exec|su|vlan|sysadmin|diag)[\w ./:-]{{0,80}}\)"
        r"[#>][ \t]{0,4}(?P<command>\S.*)",
        # bash-5.1$, sh-4.4#, and a bare $
        r"(?P<host>(?:ba|da|z|k|c)?sh-\d[\d.]{0,8})[#$%][ \t]{1,4}(?P<command>\S.*)",
        r"(?P<host>)\$[ \t](?P<command>[A-Za-z./_~\[(].*)",
        # Windows: C:\Users\me>, PS C:\>
        r"(?P<host>)(?:PS )?[A-Za-z]:\\[^<>|?*\"\n]{0,200}>[ \t]{0,4}(?P<command>[A-Za-z.].*)",
    )
)
# These could be prose or markup; a known command must follow.
_LIKELY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<host>{_HOST}(?:/[\w/]{{1,30}})?){_MODE}?[#>][ \t]{{0,4}}(?P<command>\S.*)",
        rf"(?:HRP_[MS])?<(?P<host>{_HOST})>[ \t]{{0,4}}(?P<command>\S.*)",
        rf"(?:HRP_[MS])?\[[~*]?(?P<host>{_HOST}(?:/[\w/.:-]{{1,60}})?)\][ \t]{{0,4}}(?P<command>\S.*)",
    )
)
_WORD = re.compile(r"[A-Za-z][\w-]*")


def device_and_command(line: str) -> tuple[str, str]:
    """The device's name (empty for a bare ``$``) and the command; two empty strings when the line is no prompt.

    A prompt that nothing was typed at is none. Takes time in proportion to the line.
    """
    if len(line) > _MAX_LINE or not line or line[0] in " \t":
        return "", ""
    stamp = _TIME.match(line)
    if stamp:
        line = line[stamp.end() :]
    for pattern in _SURE:
        found = pattern.match(line)
        if found:
            return found["host"], found["command"].strip()
    for pattern in _LIKELY:
        found = pattern.match(line)
        verb = _WORD.match(found["command"]) if found else None
        named = found is not None and found["host"].lower() not in _NO_HOSTS
        if found and named and verb and verb.group().lower() in _VERBS:
            return found["host"], found["command"].strip()
    return "", ""


def prompt_of(line: str) -> str:
    """The command, if the line is a prompt with a command typed at it; else an empty string."""
    return device_and_command(line)[1]
