import pytest

from coreagent.knowledge.documents.prompts import device_and_command, prompt_of

PROMPTS = [
    ("router1#show ip bgp summary", "router1", "show ip bgp summary"),
    ("Router>show version", "Router", "show version"),
    ("Router(config)#interface Gi0/0", "Router", "interface Gi0/0"),
    ("Router(config-if)# ip address 10.0.0.1 255.255.255.0", "Router", "ip address 10.0.0.1 255.255.255.0"),
    ("RP/0/RSP0/CPU0:PE1#show route ipv4", "RP/0/RSP0/CPU0:PE1", "show route ipv4"),
    ("RP/0/RP0/CPU0:ios(config)#commit", "RP/0/RP0/CPU0:ios", "commit"),
    ("leaf-101# show vpc brief", "leaf-101", "show vpc brief"),
    ("n9k/admin# show vdc", "n9k/admin", "show vdc"),
    ("spine1(config-if-Et1)#no shutdown", "spine1", "no shutdown"),
    ("admin@mx480> show bgp summary", "admin@mx480", "show bgp summary"),
    ("{master}[edit]", "", ""),
    ("admin@mx480# set system host-name mx1", "admin@mx480", "set system host-name mx1"),
    ("<HUAWEI> display ip routing-table", "HUAWEI", "display ip routing-table"),
    ("<PE-1>display version", "PE-1", "display version"),
    ("[~HUAWEI-GigabitEthernet0/0/1] undo shutdown", "HUAWEI-GigabitEthernet0/0/1", "undo shutdown"),
    ("[HUAWEI]display this", "HUAWEI", "display this"),
    ("A:PE1# show router bgp summary", "A:PE1", "show router bgp summary"),
    ("*A:PE1>config>service>vprn# info", "A:PE1", "info"),
    ("A:admin@node-2# show system information", "A:admin@node-2", "show system information"),
    ("ERBS01> alt", "ERBS01", "alt"),
    ("$ kubectl get pods -n oran", "", "kubectl get pods -n oran"),
    ("root@du-1:/var/log# tail -f du.log", "root@du-1", "tail -f du.log"),
    ("ops@jump:~$ ping 10.0.0.1", "ops@jump", "ping 10.0.0.1"),
    ("[root@amf ~]# systemctl status amf", "root@amf", "systemctl status amf"),
    ("(venv) me@host:~/src (main)$ make test", "me@host", "make test"),
    ("sh-4.4# cat /etc/hosts", "sh-4.4", "cat /etc/hosts"),
    (r"C:\Users\me>ipconfig /all", "", "ipconfig /all"),
    ("[2026-01-05 10:11:12.123] router1#show clock", "router1", "show clock"),
    ("10:11:12 router1#show clock", "router1", "show clock"),
]


@pytest.mark.parametrize(("line", "device", "command"), PROMPTS)
def test_reads_device_and_command(line: str, device: str, command: str) -> None:
    assert device_and_command(line) == (device, command)
    assert prompt_of(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "",
        "router1#",
        "admin@mx480> ",
        "# a comment or a heading",
        "Item# Name Qty",
        "C# is a language",
        "if a>b then stop",
        "10.0.0.0/8 > 10.0.0.1: show of hands",
        "[INFO] link Gi0/1 changed state to up",
        "[INFO] start of the test",
        "<config> some text",
        "2026-01-05T10:11:12Z host kernel: eth0: link is down",
        "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down",
        "  router1#show indented as part of an output",
        "$5 per month",
        "cost: $ 5",
        "Neighbor        V    AS MsgRcvd MsgSent",
    ],
)
def test_prose_output_and_log_lines_are_no_prompts(line: str) -> None:
    assert prompt_of(line) == ""


def test_a_hostile_line_is_no_prompt_and_is_looked_at_once() -> None:
    for line in ("a" * 5_000_000, "a@" * 900, "[" * 1_900, "(a)" * 600, "A:a>" + ">" * 1_900, "1" * 1_999 + "#"):
        assert prompt_of(line) == ""
