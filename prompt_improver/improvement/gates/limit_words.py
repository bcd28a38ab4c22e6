"""The words that forbid and limit, in the languages that we know."""

# What an idea says, by language: longer phrases first, since the first that fits is taken.
# "most" and "least" stand here only so that "never exceed" is no ban; bounds.py has the bounds.
PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "most": "at most|no more than|not more than|not over|up to|maximum(?: of)?|max\\.?(?: of)?"
        "|(?:must not|should not|may not|do not|don't|not|never|without) exceed(?:ing)?"
        "|limit(?:ed)?(?: it| them)? to|no longer than|less than|fewer than|under|below|within"
        "|or less|or fewer|tops",
        "least": "at least|minimum(?: of)?|min\\.?(?: of)?|no less than|no fewer than|more than"
        "|over|or more",
        "only": "(?<!not )(?:only|exclusively|solely|nothing but)",
        "not": "do not|don't|dont|never|without|avoid(?:ing)?|must not|mustn't|should not"
        "|shouldn't|may not|shall not|except(?: for)?|excluding|exclude|other than|neither|nor"
        "|(?:but|and|or) not|(?<=, )not|(?<=\\()not"
        "|(?<!yes/)(?<!yes or )(?<!is )(?<!are )(?<!was )(?<!has )(?<!have )(?<!had )no(?![/,])",
    },
    "es": {
        "most": "como mucho|como máximo|como maximo|a lo sumo|no más de|no mas de|máximo(?: de)?"
        "|maximo(?: de)?|máx\\.?|max\\.?|hasta|menos de|límite de|limite de|por debajo de"
        "|sin (?:superar|exceder|pasar de)|no (?:exceda|supere|pase) (?:de)?",
        "least": "al menos|como mínimo|como minimo|por lo menos|mínimo(?: de)?|minimo(?: de)?"
        "|más de|mas de",
        "only": "(?<!no )(?:solo|sólo|solamente|únicamente|unicamente|exclusivamente)",
        "not": "sin|nunca|jamás|jamas|evitar|evita|evite|evitando|excepto|salvo|ni|ningún|ningun"
        "|ninguna|ninguno|tampoco|prohibido|nada de|excluye|excluyendo"
        "|(?<!por qué )(?<!por que )(?<!si )(?<!o )(?<!qué )no(?![/,])",
    },
    "pt": {
        "most": "no máximo|no maximo|até|máximo(?: de)?|menos de|não mais de|não mais que",
        "least": "pelo menos|no mínimo|mínimo(?: de)?|mais de",
        "only": "apenas|somente|só|exclusivamente",
        "not": "sem|não|nao|nunca|jamais|evite|evitar|exceto|salvo|nem|nenhum|nenhuma",
    },
    "fr": {
        "most": "au plus|au maximum|maximum(?: de)?|moins de|jusqu'à|pas plus de",
        "least": "au moins|minimum(?: de)?|plus de",
        "only": "seulement|uniquement|exclusivement",
        "not": "sans|pas|jamais|évite|évitez|éviter|sauf|excepté|ni|aucun|aucune",
    },
    "de": {
        "most": "höchstens|maximal|bis zu|weniger als|nicht mehr als|unter",
        "least": "mindestens|wenigstens|mehr als",
        "only": "nur|ausschließlich|lediglich",
        "not": "ohne|nicht|kein|keine|keinen|keinem|keiner|keines|nie|niemals|vermeide|vermeiden"
        "|außer|weder",
    },
    "it": {
        "most": "al massimo|massimo|non più di|meno di|fino a",
        "least": "almeno|minimo|come minimo|più di",
        "only": "solo|soltanto|solamente|esclusivamente|unicamente",
        "not": "senza|non|mai|evita|evitare|tranne|eccetto|salvo|né|nessun|nessuna|nessuno",
    },
}

# "No sé si usar grid", "I don't know", "no funciona": they tell, and forbid nothing.
TELLING = frozenset(
    """
    know understand sure remember idea longer matter problem work works think believe get mind
    worry see have one doubt clue
    sé se sabe sabemos saber funciona funcionan entiendo entiende puedo podemos hay había tengo
    tiene tienen tenemos existe existen aparece aparecen es son está están estoy era fue va van
    carga cargan anda sirve encuentro logro consigo comprendo recuerdo compila arranca
    sei funciona entendo posso há tenho tem é são está
    sais marche fonctionne comprends peux
    weiß funktioniert verstehe geht
    so funziona capisco riesco posso ho
    """.split()
)

# Which words of a prompt say the same, in whatever language, one token each.
MARKS: dict[str, str] = {
    "not": """
        not no don't dont never without avoid avoids avoiding avoided cannot can't mustn't
        shouldn't won't isn't aren't doesn't except excluding exclude excludes excluded exclusion
        nor neither none nothing instead rather refrain omit omits omitting skip leave prohibit
        prohibited forbid forbidden disallow disallowed ban banned prevent prevents prevented
        lack lacks lacking fail fails failing missing free unchanged intact preserve preserves
        preserved preserving retain retained zero unless non outside beyond stop reject rejects
        sin nunca jamás jamas evita evitar evite eviten evitando evitado excepto salvo ni ningún
        ningun ninguna ninguno tampoco prohibido prohibida prohibidos prohibidas prohíbe nada
        excluye excluir excluyendo omite omitir prescinde prescindir intacto intacta intactos
        intactas conserva conservar conservando preserva preservar abstente impide impedir falla
        fallan falta faltan vez lugar menos fuera
        sem não nao nem nenhum nenhuma exceto intacto dispensa
        sans pas jamais évite évitez éviter sauf excepté aucun aucune ne sauf interdit
        ohne nicht kein keine keinen keinem keiner keines nie niemals vermeide vermeiden vermeidet
        außer weder verzichte verzichten statt
        senza non mai evitando tranne eccetto né nessun nessuna nessuno vietato
    """,
    "only": """
        only exclusively solely just purely strictly limit limits limited restrict restricted
        restricting nothing alone sole entirely
        solo sólo solamente únicamente unicamente exclusivamente exclusiva limita limitar limítate
        limitado limitada restringe único única nada
        apenas somente só limite restrinja
        seulement uniquement exclusivement limite limiter que
        nur ausschließlich lediglich beschränke
        soltanto esclusivamente limita
    """,
    "most": """
        most maximum max max. maximal exceed exceeds exceeding up limit limits limited cap capped
        less fewer under below within than shorter ≤ < upper cap ceiling longer
        mucho máximo maximo máxima sumo hasta menos exceder exceda excedan supere superar superen
        sobrepasar sobrepase límite limite limita limitar tope debajo dentro
        até ultrapasse plus jusqu'à moins dépasse dépasser höchstens maximal bis weniger
        überschreiten massimo fino meno superare
    """,
}

# A limit may be said the other way round: "only the standard library", "no other library".
SAME: dict[str, tuple[str, ...]] = {
    "not": ("not", "only"),
    "only": ("only", "not", "most"),
}

# Words of the function-word lists that carry meaning all the same.
CARRYING = frozenset(
    """
    write create explain generate improve describe help show tell keep ensure include add remove
    change answer ask good step one two three
    crea crear escribe escribir genera generar explica explicar analiza analizar mejora mejorar
    documenta documentar diseña diseñar ayuda busca revisa revisar corrige corregir agregar
    agrega añade añadir actualiza actualizar ejecuta ejecutar traduce resume compara optimiza
    incluye incluir elimina cambia cambiar uno dos tres función datos archivo archivos código
    usuario usuarios correo texto español inglés responde respuesta paso pasos
    função dados arquivo arquivos ficheiro código usuário utilizador texto português lista
    fonction données fichier fichiers utilisateur texte français réponse étape étapes
    funktion daten datei dateien benutzer nutzer text deutsch antwort schritt
    funzione dati codice utente utenti testo italiano risposta passo passi
    """.split()
)
