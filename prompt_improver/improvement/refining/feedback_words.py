"""The words by which feedback is understood, in the languages that have limits."""

from prompt_improver.improvement.lazy_pattern import lazy_pattern

# Verbs that take something away.
_REMOVES = (
    r"drop|remove|delete|skip|lift|ignore|forget|omit|leave out|take out|get rid of"
    r"|quita\w*|elimin\w*|borra\w*|olvida\w*|suprim\w*"
    r"|remov\w*|tir[ae]\w*|retir[ae]\w*|apag\w*"
    r"|supprim\w*|enl[eè]v\w*|oubli\w*"
    r"|streich\w*|entfern\w*|l[oö]sch\w*|vergiss|weg mit"
    r"|togli\w*|rimuov\w*"
    r"|убер\w*|удал\w*"
)
_REMOVES_UNSPACED = r"去掉|删除|删掉|取消|削除|外し|なくし"
TAKES_AWAY = lazy_pattern(rf"(?i)\b(?:{_REMOVES})\b|{_REMOVES_UNSPACED}")
# These, and whatever puts something else in its place or says no.
LIFTS = lazy_pattern(
    rf"(?i)\b(?:{_REMOVES}"
    r"|no longer|no need|not needed|instead of|rather than|without (?:the|any|a)|not"
    r"|en vez de|en lugar de|ya no|sin (?:el|la|los|las)"
    r"|em vez de|sem [oa]s?|au lieu d\w*|plus de|sans l[ea]s?"
    r"|statt|anstatt|ohne|nicht|kein\w*"
    r"|invece d\w*|al posto d\w*|senza (?:il|la|i|le|l)"
    rf"|вместо|без)\b|{_REMOVES_UNSPACED}|不要|而不是|不用|ではなく|の代わり",
)
# Something else comes in the place of what is not named.
REPLACES = lazy_pattern(
    r"(?i)\b(?:instead|rather|now|en su lugar|mejor|ahora|em vez disso|agora|plutôt|maintenant"
    r"|stattdessen|lieber|jetzt|invece|ora|вместо этого|теперь)\b|改成|改为|代わりに"
)
# What was forbidden is so no more.
PERMITS = lazy_pattern(
    r"(?i)\b(?:can|may|ok|okay|fine|allowed|welcome|puede\w*|se puede|está bien|vale|pode\w*"
    r"|tudo bem|peu[xt]\w*|c'est bon|darf\w*|kannst|in ordnung|geht|può|puoi|va bene|можно)\b"
    r"|可以|いい"
)
NEGATES = lazy_pattern(
    r"(?i)\b(?:no|not|never|nothing|none|without|avoid|only|don't|sin|nunca|nada|ning[uú]n\w*|evita\w*"
    r"|solo|sólo|não|sem|nenhum\w*|pas|sans|jamais|aucun\w*|nicht|kein\w*|ohne|nie|nur|non|senza|mai"
    r"|nessun\w*|не|без|нет|никогда)\b|n't\b|不|没|无|别|ない"
)
LIMIT_WORDS = lazy_pattern(
    r"(?i)\b(?:limit|cap|maximum|minimum|bound|l[ií]mites?|tope|máximo|mínimo|limite\w*|teto|plafond"
    r"|grenze|obergrenze|limite|tetto|лимит\w*|ограничени\w*)\b|上限|限制|制限"
)
# These come behind what they take away.
LIFTS_BEHIND = lazy_pattern(
    r"削除|外し|なくし|ではなく|の代わり|\b(?:weg|raus|not needed|is fine)\b"
)
SHORTENS = lazy_pattern(
    r"(?i)\b(?:short\w*|brief\w*|concis\w*|compact|fewer|trim|cut|condens\w*|tight\w*"
    r"|breve\w*|cort[oa]\w*|resum\w*|curt[oa]\w*|court\w*|bref|kürz\w*|knapp\w*"
    r"|короче|кратко)\b|简短|短く|簡潔|精简|更短"
)
_PARTS = {
    "role": r"role|persona|rol|papel|r[oô]le|rolle|ruolo|роль|角色|役割",
    "guardrails": r"rules?|guardrails?|constraints?|limits?|reglas?|restriccion\w*|regras?"
    r"|r[eè]gles?|regeln?|regol[ae]|правил\w*|规则|ルール",
    "output_format": r"format|output|layout|structure|formato|salida|sa[ií]da|sortie|ausgabe\w*"
    r"|формат\w*|格式|形式",
    "examples": r"examples?|ejemplos?|exemplos?|exemples?|beispiele?|esempi\w*|пример\w*|例",
    "framework": r"method|step by step|reason\w*|approach|m[eé]todo|paso a paso|méthode|methode"
    r"|schritt\w*|метод\w*|步骤",
    "assumptions": r"assum\w+|supuestos?|suposi\w+|hypoth[eè]ses?|annahmen?|ipotesi"
    r"|допущен\w*|假设",
}
PART_PATTERNS = {
    name: lazy_pattern(rf"(?i)(?<!\w)(?:{said})(?!\w)") for name, said in _PARTS.items()
}
