"""The headings and method sentences of a prompt, in every language that has them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    role: str
    task: str
    context: str
    method: str
    guardrails: str
    assumed_guardrails: str
    """Of the rules that nobody but the backend set."""
    output_format: str
    material: str
    original_request: str
    assumptions: str
    examples: str
    methods: dict[str, str]
    """By framework; empty where the language has headings only."""


_FRAMEWORKS = ("chain-of-thought", "tree-of-thoughts", "decomposition", "role-playing")


def _wording(titles: str, *methods: str) -> Wording:
    names = titles.split(", ")
    role, task, context, method, guardrails, output_format, material = names[:7]
    original_request, assumptions, examples, assumed_guardrails = names[7:]
    return Wording(
        role=role,
        task=task,
        context=context,
        method=method,
        guardrails=guardrails,
        assumed_guardrails=assumed_guardrails,
        output_format=output_format,
        material=material,
        original_request=original_request,
        assumptions=assumptions,
        examples=examples,
        methods=dict(zip(_FRAMEWORKS, methods, strict=bool(methods))),
    )


WORDING = {
    "en": _wording(
        "Role, Task, Context, Method, Guardrails, Output format, Material, "
        "Original request, Assumptions, Example, Assumed guardrails",
        "Work through the task step by step before you answer, and check the result against "
        "the guardrails.",
        "Sketch two or three different ways, compare them by their trade-offs, and carry out "
        "the best one.",
        "Split the task into parts, solve them in the order in which they depend on each other, "
        "and put the results together.",
        "Keep to the role from beginning to end, with its vocabulary and its audience in mind.",
    ),
    "es": _wording(
        "Rol, Tarea, Contexto, Método, Reglas, Formato de salida, Material, "
        "Petición original, Supuestos, Ejemplo, Reglas supuestas",
        "Resuelve la tarea paso a paso antes de responder y comprueba el resultado con las reglas.",
        "Esboza dos o tres caminos distintos, compara sus ventajas e inconvenientes y desarrolla "
        "el mejor.",
        "Divide la tarea en partes, resuélvelas en el orden en que dependen unas de otras y une "
        "los resultados.",
        "Mantén el rol de principio a fin, con su vocabulario y su público en mente.",
    ),
    "pt": _wording(
        "Papel, Tarefa, Contexto, Método, Regras, Formato de saída, Material, "
        "Pedido original, Suposições, Exemplo, Regras supostas",
        "Resolva a tarefa passo a passo antes de responder e confira o resultado com as regras.",
        "Esboce dois ou três caminhos diferentes, compare as vantagens e desvantagens e "
        "desenvolva o melhor.",
        "Divida a tarefa em partes, resolva-as na ordem em que dependem umas das outras e junte "
        "os resultados.",
        "Mantenha o papel do início ao fim, com o seu vocabulário e o seu público em mente.",
    ),
    "fr": _wording(
        "Rôle, Tâche, Contexte, Méthode, Règles, Format de sortie, Document, "
        "Demande d'origine, Hypothèses, Exemple, Règles supposées",
        "Traite la tâche étape par étape avant de répondre et vérifie le résultat avec les règles.",
        "Esquisse deux ou trois approches différentes, compare leurs avantages et leurs "
        "inconvénients, puis développe la meilleure.",
        "Divise la tâche en parties, traite-les dans l'ordre où elles dépendent les unes des "
        "autres, puis réunis les résultats.",
        "Garde le rôle du début à la fin, avec son vocabulaire et son public à l'esprit.",
    ),
    "de": _wording(
        "Rolle, Aufgabe, Kontext, Vorgehen, Regeln, Ausgabeformat, Material, "
        "Ursprüngliche Anfrage, Annahmen, Beispiel, Angenommene Regeln",
        "Gehe die Aufgabe Schritt für Schritt durch, bevor du antwortest, und prüfe das Ergebnis "
        "an den Regeln.",
        "Entwirf zwei oder drei verschiedene Wege, vergleiche ihre Vor- und Nachteile und führe "
        "den besten aus.",
        "Zerlege die Aufgabe in Teile, löse sie in der Reihenfolge, in der sie voneinander "
        "abhängen, und füge die Ergebnisse zusammen.",
        "Bleibe von Anfang bis Ende in der Rolle, mit ihrem Wortschatz und ihrem Publikum vor "
        "Augen.",
    ),
    "it": _wording(
        "Ruolo, Compito, Contesto, Metodo, Regole, Formato di uscita, Materiale, "
        "Richiesta originale, Ipotesi, Esempio, Regole presunte",
        "Svolgi il compito passo dopo passo prima di rispondere e verifica il risultato con le "
        "regole.",
        "Abbozza due o tre strade diverse, confrontane vantaggi e svantaggi e sviluppa la "
        "migliore.",
        "Dividi il compito in parti, risolvile nell'ordine in cui dipendono l'una dall'altra e "
        "unisci i risultati.",
        "Mantieni il ruolo dall'inizio alla fine, con il suo lessico e il suo pubblico in mente.",
    ),
    "zh": _wording(
        "角色, 任务, 背景, 方法, 规则, 输出格式, 材料, 原始请求, 假设, 示例, 补充规则（假设）",
        "回答之前先一步一步地完成任务，并对照规则检查结果。",
        "先构思两三种不同的做法，比较它们的利弊，再实施最好的一种。",
        "把任务分成几部分，按相互依赖的顺序逐一解决，再把结果合在一起。",
        "自始至终保持该角色，注意其用语和受众。",
    ),
    "ja": _wording(
        "役割, タスク, 背景, 方法, ルール, 出力形式, 資料, 元の依頼, 前提, 例, 想定したルール",
        "答える前にタスクを一歩ずつ進め、結果をルールに照らして確認してください。",
        "二、三の異なる方法を考え、長所と短所を比べ、最も良いものを実行してください。",
        "タスクを部分に分け、依存関係の順に解き、結果をまとめてください。",
        "最初から最後まで役割を保ち、その言葉づかいと相手を意識してください。",
    ),
    "ru": _wording(
        "Роль, Задача, Контекст, Метод, Правила, Формат ответа, Материал, "
        "Исходный запрос, Допущения, Пример, Предполагаемые правила",
        "Прежде чем отвечать, пройди задачу шаг за шагом и проверь результат по правилам.",
        "Набросай два-три разных способа, сравни их достоинства и недостатки и выполни лучший.",
        "Раздели задачу на части, реши их в том порядке, в котором они зависят друг от друга, "
        "и собери результаты вместе.",
        "Держись роли от начала до конца, помня о её языке и аудитории.",
    ),
    "ar": _wording(
        "الدور, المهمة, السياق, الطريقة, القواعد, شكل الإجابة, المادة, "
        "الطلب الأصلي, الافتراضات, مثال, قواعد مفترضة",
        "أنجز المهمة خطوة بخطوة قبل أن تجيب، وتحقق من النتيجة وفق القواعد.",
        "ارسم طريقتين أو ثلاثا مختلفة، وقارن مزاياها وعيوبها، ثم نفذ أفضلها.",
        "قسم المهمة إلى أجزاء، وحلها بالترتيب الذي يعتمد فيه بعضها على بعض، ثم اجمع النتائج.",
        "حافظ على الدور من البداية إلى النهاية، مع مراعاة لغته وجمهوره.",
    ),
    "el": _wording(
        "Ρόλος, Εργασία, Πλαίσιο, Μέθοδος, Κανόνες, Μορφή απάντησης, Υλικό, "
        "Αρχικό αίτημα, Παραδοχές, Παράδειγμα, Κανόνες κατά παραδοχή"
    ),
    "he": _wording(
        "תפקיד, משימה, הקשר, שיטה, כללים, צורת התשובה, חומר, הבקשה המקורית, "
        "הנחות, דוגמה, כללים משוערים"
    ),
    "ko": _wording(
        "역할, 작업, 배경, 방법, 규칙, 출력 형식, 자료, 원래 요청, 가정, 예시, 가정한 규칙"
    ),
    "th": _wording(
        "บทบาท, งาน, บริบท, วิธีการ, กฎ, รูปแบบคำตอบ, ข้อมูล, คำขอเดิม, ข้อสมมติ, ตัวอย่าง, กฎที่สันนิษฐาน"
    ),
}

INSTRUCTIONS = {
    "en": "Instructions",
    "es": "Instrucciones",
    "pt": "Instruções",
    "fr": "Instructions",
    "de": "Anweisungen",
    "it": "Istruzioni",
    "zh": "指令",
    "ja": "指示",
    "ru": "Инструкции",
    "ar": "التعليمات",
}
"""The heading in the place of the task's, where an assistant is told how to be."""

ASSUMPTIONS_HOLD = {
    "en": "These hold only where the request and its context do not say otherwise.",
    "es": "Solo valen donde la petición y su contexto no digan otra cosa.",
}
"""What stands before assumptions: what is told in words that nobody foresaw still counts."""
