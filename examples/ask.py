"""Ask a question with built-in models over the bundled primer: no key, no network."""

from coreagent import CoreAgent

agent = CoreAgent()
answer = agent.ask_sync("What limits the fronthaul latency?")

print(answer.text)
for number, citation in enumerate(answer.citations, start=1):
    print(f"[{number}] {citation}")
print(answer.verdict, answer.notes, f"${answer.cost_usd:.2f}")
for decision in answer.decisions:
    print(f"{decision.role:10} -> {decision.model:18} {decision.reason}")

agent.close_sync()
