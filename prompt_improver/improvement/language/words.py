"""The words by which a language is told: those that nobody can write two sentences without,
and the verbs with which people ask for something.

A word may stand under several languages; it then counts less for each. English nouns and
verbs of the trade (build, fix, merge, test, deploy, ...) are left out on purpose: they stand
in ideas of every language. The languages of ``DECOYS`` are never answered: they keep Dutch
from being taken for German, or Catalan for Spanish.
"""

WORDS: dict[str, str] = {
    "en": """
        the of and to in is are was were be been being it its it's this that these those with
        for from by on at as an a or but not no if then than when where which who whose what why
        how i i'm i'll i'd i've me my we our us you your he she his her their them they there
        here do does did don't doesn't didn't can can't cannot could should would will won't
        must may might has have had so such only never always also just very more most less
        least each every any some all both into onto about between without within over under
        after before because while until through using use make write create explain give
        generate improve describe help need want please let let's show tell keep avoid ensure
        include add remove change answer ask works like good some something step before one two
        three per via them
    """,
    "es": """
        el la los las un una unos unas de del al a y e o u que en es son era ser está están esta
        este esto estos estas ese esa eso con por para sin sobre entre hasta desde como cómo
        cuando cuándo donde dónde porque qué quién cual cuál cuáles si sí no ni pero sino más
        menos muy ya también tampoco solo sólo nunca siempre cada todo toda todos todas otro
        otra otros otras mi mis tu tus su sus me te se le les lo nos yo tú ella ellos nosotros
        usted ustedes hay haya ha he han hacer hace hacen haz hagas puede pueden puedo podrías
        podría puedes debe deben debo quiero quiere quisiera necesito necesita necesitamos vamos
        voy va crea crear crearía creame créame escribe escribir genera generar haga explica
        explicar explícame analiza analizar mejora mejorar documenta documentar diseña diseñar
        ayuda ayúdame ayudame dame dime busca revisa revisar corrige corregir arregla agrega
        agregar añade añadir actualiza actualizar realiza realizar ejecuta ejecutar traduce
        resume resumir compara comparar prepara optimiza optimizar usa usar usando use uses
        evita evitar mantén incluye incluir elimina cambia cambiar luego ahora después antes
        según mediante además entonces así algo nada nadie alguien mejor mayor nuevo nueva
        nuevas nuevos los siguientes siguiente sé tiene tienen tengo máximo mínimo uno dos tres
        función datos archivo archivos código usuario usuarios correo texto español inglés
        temporalmente responde respuesta paso pasos actúa actua resolver sea sean está
    """,
    "pt": """
        o os as um uma uns umas de do da dos das no na nos nas ao aos à às a e ou que em é são
        era ser está estão este esta isto esse essa isso com por para pelo pela pelos pelas sem
        sobre entre até desde como quando onde porque quê quem qual quais se sim não nem mas mais
        menos muito já também só apenas nunca sempre cada tudo todo toda todos todas outro outra
        outros meu minha seu sua seus suas me te lhe eu você vocês ele ela eles elas nós há fazer
        faz faça pode podem posso poderia deve devem quero quer gostaria preciso precisa
        precisamos vamos vou vai crie cria criar escreva escrever escreve gere gerar explique
        explicar analise analisar melhore melhorar documente desenhe ajuda ajude dê diga busque
        revise revisar corrija corrigir adicione adicionar atualize atualizar realize execute
        traduza resuma resumir compare otimize otimizar use usar usando evite evitar mantenha
        inclua incluir elimine mude depois agora antes segundo além então assim algo nada ninguém
        melhor novo nova novos novas seguintes seguinte tem têm tenho máximo mínimo dois três
        função dados arquivo arquivos ficheiro código usuário usuários utilizador texto português
        responda resposta passo passos aja lista
    """,
    "fr": """
        le la les un une des de du au aux et ou où que qui quoi dont en dans est sont était être
        ce cet cette ces cela ça c'est avec par pour sans sous sur entre jusqu'à depuis comme
        comment quand parce pourquoi quel quelle quels quelles si oui non ni ne pas mais plus
        moins très déjà aussi seulement uniquement jamais toujours chaque tout toute tous toutes
        autre autres mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs je tu il elle
        nous vous ils elles me te se lui y a ont ai as avoir fait faire fais faites peut peux
        peuvent pouvez pourrais doit dois doivent veux voudrais besoin faut crée créer créez écris
        écrire écrivez rédige rédiger génère générer explique expliquer analyse analyser améliore
        améliorer documente conçois aide aide-moi donne dis cherche corrige corriger ajoute
        ajouter traduis résume résumer compare optimise optimiser utilise utiliser utilisant
        utilisez évite éviter garde inclus supprime change ensuite maintenant après avant selon
        alors ainsi quelque rien mieux nouveau nouvelle suivants suivante maximum deux trois
        fonction données fichier fichiers utilisateur utilisateurs texte français réponds réponse
        étape étapes agis à
    """,
    "de": """
        der die das den dem des ein eine einen einem einer eines und oder aber dass daß in im ist
        sind war waren sein bin bist wird werden wurde mit von vom zu zum zur für auf aus bei
        nach über unter zwischen durch gegen ohne um bis seit als wie wenn wann wo weil warum wer
        was welche welcher welches ob ja nein nicht kein keine keinen keiner noch schon auch nur
        nie niemals immer sehr mehr weniger jede jeder jedes jeden alle alles andere anderen mein
        meine meinen dein deine seine ihr ihre ihren unser unsere euer ich du er sie es wir mich
        dich sich uns euch mir dir ihm ihn ihnen hat habe haben hatte kann können kannst könnte
        könntest muss müssen soll sollen sollte will wollen möchte brauche brauchen benötige mach
        mache machen tun gib bitte schreib schreibe schreiben erstelle erstell erstellen erzeuge
        generiere erkläre erklären analysiere verbessere dokumentiere entwirf entwickle baue hilf
        zeig zeige sag suche prüfe korrigiere füge ändere übersetze fasse vergleiche optimiere
        verwende verwenden benutze nutze vermeide behalte entferne dann jetzt danach vorher
        etwas nichts besser neu neue neuen neuer folgende folgenden maximal mindestens höchstens
        zwei drei funktion daten datei dateien benutzer nutzer text deutsch antworte antwort
        schritt am hier gut an so man
    """,
    "it": """
        il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli
        alle da dal dalla dai dalle in nel nella nei nelle su sul sulla e ed o che chi cui è sono
        era essere questo questa questi queste quello quella quelli con per senza tra fra fino
        come quando dove perché perche cosa quale quali se sì non né ma più meno molto già anche
        solo soltanto mai sempre ogni tutto tutta tutti tutte altro altra altri altre mio mia
        miei tuo tua suo sua suoi nostro loro io tu lui lei noi voi mi ti si ci vi ne c'è ha ho
        hai hanno abbiamo avere fare fai fa può puoi posso possono potresti deve devi devono
        voglio vorrei vuole bisogno serve crea creare creami scrivi scrivere scrivimi genera
        generare spiega spiegare spiegami analizza analizzare migliora migliorare documenta
        progetta aiuta aiutami dammi dimmi cerca rivedi correggi correggere aggiungi aggiungere
        aggiorna esegui traduci riassumi riassumere confronta ottimizza usa usare usando utilizza
        utilizzare evita evitare mantieni includi elimina cambia poi adesso ora dopo prima
        secondo inoltre allora così qualcosa niente nulla meglio nuovo nuova nuovi nuove seguenti
        massimo minimo due tre funzione dati codice utente utenti testo italiano
        rispondi risposta passo passi agisci
    """,
}

DECOYS: dict[str, str] = {
    "nl": """
        de het een en van voor met niet dat die is zijn op te in om aan ook als bij maar naar uit
        dan kan wordt door over deze dit schrijf maak geef leg vertaal verbeter help ik je jij wij
        hun heeft hebben moet wil mijn hoe wat waarom of er was me we hier recht alle man lang klein
        hond brief auto text land week name bericht lange titel namen kinderen geld recept recepten
        verhaal per via plan idee geen winter morgen oma nacht school start bad
    """,
    "af": """
        die 'n van vir my is nie en in met aan op ek jy dit hoe wat skryf vertaal gedig
        resep ma
    """,
    "sv": """
        och att det som en ett är för på med inte av den till har jag du kan skriv skapa eller
        om men var från denna detta utan min mitt recept dikt gör hur vad varför man se sin text
        bild planen land in er bad per lista kunde chef tag ja
    """,
    "da": """
        og at det som en et er for på med ikke af den til har jeg du kan skriv lav eller om men
        var fra denne dette uden min mit opskrift digt hvordan hvad hvorfor man se sin alle hund
        planen tage lang liste vender
    """,
    "no": """
        og å det som en et er for på med ikke av den til har jeg du kan skriv lag eller om men var
        fra denne dette uten min mitt oppskrift dikt hvordan hva hvorfor i vi alle hund lang mann
    """,
    "fi": """
        ja on ei että se hän tämä mitä miten tee kirjoita resepti runo minun varten kanssa
        no me
    """,
    "pl": """
        i w na z się nie to jest do że jak dla oraz który napisz stwórz o po za od tylko bez mi
        mój moja co ten tego przepis wiersz plan ja ich auto lista cena pan firma a my by tu u
    """,
    "cs": """
        a na se v je to z do že jak pro o po za od jen bez mi můj co ten napiš vytvoř recept báseň
        i si ale jako by ne firma auto jeden každou studenti cena já já o sem
    """,
    "sk": """
        a na sa v je to z do že ako pre o po za od len bez mi môj čo napíš recept báseň aj
        si ale
    """,
    "hr": """
        i u na se za je da to od do s sa ne kao što kako napiši recept pjesma moj ja bez po o
        su mi ti te lista nas tema si ali mama
    """,
    "sl": """
        in v na se za je da to od do s z ne kot kaj kako napiši recept pesem moj brez po o
        bi so ob
    """,
    "tr": """
        ve bir bu için ile de da ne çok daha gibi ama yaz oluştur olarak bana değil mi su hasta son
        her benim nasıl nedir o ya sana test
    """,
    "ro": """
        și si în cu pe este nu care pentru din sau un o la de fără scrie să mai fi sunt ce cum ca am
        mi ai al ale lui ei se te le va vom imi îmi asta acest explica analiza documente avion carte
        idei plan reteta text vreau poezie mama acasa casa prima vara tema este era lista original
        una unui unei in ora ore lei verde doctor mari ne eu
    """,
    "ca": """
        el la els les un una i amb per que no és són de del dels al als més però sense aquest
        aquesta també fes crea escriu explica funció si com en a meu meva recepta poema carta idees
        text resum casa tot tots vull dona'm ajuda entrevista original empresa festa número hora
        llista dia cada entre sobre vida nom persona convertir construir evitar preparar
        estudiar pensar dormir sentir primavera infantil reforma cadena classe temps
    """,
    "gl": """
        o a os as un unha uns unhas de do da dos das no na en ao á aos ás coa co cos coas por polo
        pola para que é son e ou non se como máis meu miña teu túa seu súa este esta isto ese
        iso fai
        escribe crea explica traduce axuda axúdame nai pai nomes can receita resumo texto carta
        capítulo correo ideas negocio poema conto faino fas fan fixen dime unha
        adiviñas adiviña ti vostede moi tamén aínda xa onde cando enfermeira enfermeiro galego xogo
        xogos viaxe mensaxe linguaxe
    """,
    "id": """
        yang dan di untuk dengan ini itu tidak dari buat buatkan saya ke pada adalah atau ya
        bagaimana apa resep puisi ibu tolong bab ayat surat tips gratis per via
    """,
    "tl": """
        ang ng sa na mga ay at ko mo siya ito para kay gumawa isulat ipaliwanag tula paano ano
        kung si ni hindi ako libro regalo lang mama
    """,
    "hu": "a az és egy nem hogy van ez de is írj mi te meg el recept vers nekem ha ki be le",
    "lv": "un ir par ar no uz kā es tu to ka vai bet man uzraksti recepte dzejolis",
    "lt": "ir yra su už į iš kad ne tai man mano aš tu o parašyk receptas eilėraštis",
    "et": "ja on ei et see ma sa kirjuta retsept luuletus mis kuidas",
    "is": "og að er í á um það sem ekki til með skrifaðu uppskrift ljóð mér en son",
    "eo": "la de en kaj estas por al kun ne mia via kiel tio poemo recepto skribu mi kiu",
    "la": "et in de ad cum non est ut me te hoc carmen amicum scribe verte mea linguam",
    "eu": "eta da bat hau ez du ere idatzi nire egin nola zer mezu errezeta itzuli",
    "cy": "y yr a i o yn ar at am mae hwn ysgrifennwch i'r gan fy",
    "ga": "an na le ar go agus is seo do mo i scríobh",
    "sw": "na ya wa kwa ni za la andika barua kuhusu shairi mama hii",
    "sq": "të e dhe një në për me që nga i shkruaj poezi recetë si",
}
