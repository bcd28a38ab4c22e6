"""What the model is told of the target, beside the instruction for every idea."""

from prompt_improver.domain.target import Target

TARGET_INSTRUCTIONS = {
    Target.CHAT: "",
    Target.AGENT: "The prompt is for an agent with files and tools. Directive: the goal, its scope "
    "and what not to touch. Guardrails: look up in the repository what can be read there instead "
    "of asking; how to check; done when; stop before what cannot be undone. Output format: a short "
    "report. Role empty or one word of the trade.",
    Target.SYSTEM: "The prompt is an assistant's standing instructions. Write them to the "
    "assistant in the second person, for every later request; no single task.",
    Target.IMAGE: "The prompt is for a model that makes pictures. Directive: one paragraph of "
    "subject, setting, light, style, composition and what to avoid. Framework, guardrails and "
    "output format stay empty.",
    Target.PLAIN: "Directive: the same request, clearer, in the user's own form, at most 1.5 times "
    "as long, without headings. Framework, guardrails and output format stay empty.",
}
"""Version 1."""
