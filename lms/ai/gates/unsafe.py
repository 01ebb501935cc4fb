"""The lists of the safety gate: patterns over texts in their plain form without accents, and digests of single words."""

import re

# What speaks to a model, or as one.
MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|preceding|all|your|system)\b"
    r".{0,30}\b(?:instruction|prompt|direction|guideline|rule)s?\b"
    r"|\bas an? (?:ai|artificial intelligence|(?:large )?language model|chatbot)\b"
    r"|\bi(?: am|'m) (?:an? )?(?:ai|language model|chatgpt|claude|gemini|virtual assistant)\b"
    r"|\bi(?: cannot| can't|'m unable to| am unable to) (?:fulfill|fulfil|comply|assist with|generate)\b|\bas of my (?:last|latest|knowledge) (?:knowledge |training )?(?:update|cutoff|training)\b"
    r"|\bknowledge cutoff\b|\b(?:system|developer) (?:prompt|message)\b|\bhidden (?:prompt|instruction)s?\b|\bprompt injection\b|\bjailbreak"
    r"|\b(?:you are|act as|pretend (?:to be|you are)) (?:now )?(?:an? )?(?:dan|ai|chatgpt|unrestricted|helpful assistant|language model)\b"
    r"|\b(?:developer|dan|god) mode\b|\bnew instructions?:|\b(?:mark|grade|score) (?:this|every|all|the) (?:item|question|answer)s? (?:as )?(?:correct|accepted|right|approved)\b"
    r"|\b(?:always|only) (?:answer|output|respond|reply)(?: with)?:? (?:option )?[\"'(]?[a-d][\"')]?(?:$|[.,;])"
    r"|\b(?:note|message|instructions?) (?:to|for) (?:the )?(?:ai|llm|language model|grader|reviewer)s?\b"
    r"|<\|[a-z_]+\|>|\[/?inst\]|<</?sys>>|^(?:system|assistant|user|human) ?:|###+ ?(?:instruction|system|response)"
    r"|\bhere (?:is|are) (?:the|your) (?:question|item|json|multiple.choice)|\bsure[,!] (?:here|i)|\bcertainly[,!] here"
    r"|\b(?:ignora|olvida|omite)(?:r|d)?\b.{0,30}\b(?:instrucciones|indicaciones|reglas)\b|\bcomo (?:un )?(?:modelo de lenguaje|modelo de linguagem|asistente de ia)\b"
    r"|\b(?:ignore[rz]?|oublie[rz]?)\b.{0,30}\b(?:instructions|consignes|regles)\b|\ben tant qu(?:e |')(?:ia|modele|intelligence artificielle|assistant)\b"
    r"|\b(?:ignoriere?n?|vergiss)\b.{0,30}\b(?:anweisungen|regeln|befehle)\b|\bals (?:ki|sprachmodell|kunstliche intelligenz)\b"
    r"|\b(?:ignore|esqueca|desconsidere)\b.{0,30}\b(?:instrucoes|regras)\b|\bignora (?:tutte )?le istruzioni\b|\bcome (?:modello linguistico|intelligenza artificiale)\b"
    r"|(?:игнорируй|забудь|проигнорируй)(?:те)?.{0,30}(?:инструкци|указани|правил)|как (?:языковая модель|искусственный интеллект)"
    r"|(?:تجاهل|انس|اهمل|تخط)(?:ي|وا)? .{0,30}(?:التعليمات|الاوامر|التوجيهات|القواعد)|(?:بصفتي|باعتباري|كوني) (?:نموذج|ذكاء|مساعد)|موجه النظام|رساله النظام"
    r"|(?:忽略|无视|忘记).{0,12}(?:指令|指示|说明|规则|提示)|作为(?:一个)?(?:ai|人工智能|语言模型)|系统提示"
    r"|(?:以前|前|上記)の(?:指示|命令)を?無視|(?:पिछले|पूर्व) (?:सभी )?निर्देश.{0,20}(?:अनदेखा|भूल)"
    r"|(?:onceki|yukaridaki) (?:tum )?talimatlari (?:yok say|unut|gormezden gel)"
)

# How to hurt oneself or others, and calls to do it. That something happened is no call: history and literature speak of it.
HARM = re.compile(
    r"\b(?:kill|hang|cut|hurt|harm|starve|poison) (?:yourself|yourselves|your self)\b"
    r"|\b(?:how|way|ways|method|methods|steps|best place) (?:to|of) (?:die|kill|killing|end(?:ing)? (?:your|one's) life|hang(?:ing)? (?:your|one)self|self.harm|suicide|commit(?:ting)? suicide)\b"
    r"|\bsuicide (?:method|technique|note template|pact)s?\b|\byou should (?:die|kill|hurt)\b|\b(?:nobody|no one) (?:loves|would miss) you\b"
    r"|\b(?:how|steps|instructions?|recipe|ingredients?) (?:to|for|of) (?:make|making|build|building|cook|cooking|assemble|assembling|synthesi[sz]e|synthesi[sz]ing)? ?"
    r"(?:an? |the )?(?:home ?made |pipe |nail |car |dirty )?(?:bomb|explosive|meth\b|methamphetamine|napalm|molotov|nerve agent|sarin|ricin|chemical weapon|silencer|ghost gun)s?"
    r"|\b(?:build|make|assemble|cook|detonate) (?:an? |your own )?(?:pipe |nail |home ?made )?(?:bomb|explosive device|molotov cocktail|crystal meth|meth)\b"
    r"|\b(?:shoot|stab|bomb|attack) (?:up )?(?:your|the|a) (?:school|classmates?|teachers?|mosque|church|synagogue)\b|\bjoin (?:isis|al.qaeda|the ku klux klan|a gang)\b"
    r"|\b(?:best|safe|fun) way to (?:get (?:drunk|high)|take (?:cocaine|heroin|ecstasy|lsd)|smoke)\b|\blose weight fast by (?:not eating|starving|vomiting|purging)\b"
    r"|\b(?:suicidate|matate|como suicidarse|formas de suicidarse|cortarte las venas)\b|\b(?:suicide-toi|tue-toi|comment se suicider|se trancher les veines)\b"
    r"|\b(?:bring dich um|tote dich|wie man sich umbringt|selbstmordmethoden?)\b|\b(?:mate-se|como se matar)\b"
    r"|(?:убей себя|покончи с собой|как (?:покончить с собой|сделать бомбу))"
    r"|(?:اقتل نفسك|انتحر(?:ي|وا)? الان|(?:طرق|طريقه|طريقة|كيفيه|كيفية|افضل طريقه|افضل طريقة) (?:ل)?(?:الانتحار|للانتحار|قتل النفس|ايذاء النفس)|كيف تنتحر|اجرح نفسك|(?:كيف|طريقه|طريقة|كيفيه|كيفية) (?:تصنع|صنع|صناعه|صناعة|تصنيع) (?:قنبله|قنبلة|متفجرات))"
    r"|(?:自杀方法|如何自杀|制作炸弹|自殺の方法)"
)

SEXUAL = re.compile(
    r"\b(?:porn(?:o|ography|hub)?|hentai|blow ?job|hand ?job|onlyfans|masturbat\w*|orgasm\w*|nude (?:photo|picture|selfie|pic)s?|sexting|send nudes|have sex with (?:me|your|him|her)"
    r"|sexy|erotic\w*|strip ?club|fetish\w*|threesome|bdsm)\b"
    r"|\b(?:porno(?:grafia)?|pornografie|pornographie|desnud[ao]s? fotos|sexo oral)\b"
    r"|(?:افلام اباحيه|افلام اباحية|اباحي|صور عاريه|صور عارية|مواقع اباحيه|مواقع اباحية|порно|色情|ポルノ)"
)

_GROUPS = (
    r"(?:women|girls|men|boys|wives|females|males|muslims?|jews?|jewish people|christians?|hindus?|sikhs?|buddhists?|atheists?"
    r"|black(?: people| students| men| women)?s?|white(?: people)?s?|asians?|africans?|arabs?|mexicans?|latinos?|roma|gypsies|indians?|chinese(?: people)?|immigrants?|migrants?|refugees?|foreigners"
    r"|gays?|gay people|lesbians?|transgender people|homosexuals?|disabled (?:people|children|students)|the disabled|autistic (?:people|children)|poor people|old people|elderly people|fat people)"
)
_INSULTS = (
    r"(?:inferior|superior|stupid|dumb|lazy|dirty|filthy|criminals?|terrorists?|thieves|dangerous|violent|weak|hysterical|greedy|subhuman|animals|vermin|parasites|ugly|unintelligent"
    r"|less (?:intelligent|capable|clever|logical|human|able|honest|hard-working)|worse at|bad at|unable to|incapable|not (?:able|smart|fit|suited|good)|too (?:emotional|weak|stupid|lazy)|a burden|sick|disgusting|sinful|unclean)"
)
# What says of a whole group of people that it is less. A question whether it is true is no better for learners.
DEMEANING = re.compile(
    rf"\b{_GROUPS} (?:are|were|is|tend to be|will always be|must be) (?:all |always |just |naturally |usually |generally |more |mostly |often |simply |by nature |genetically |mentally |the |born ){{0,3}}{_INSULTS}\b"
    rf"|\b{_GROUPS} (?:can't|cannot|should not|shouldn't|do not deserve to|don't deserve to|are not allowed to) (?:drive|think|learn|work|vote|lead|be (?:leaders|trusted|engineers|scientists|doctors|teachers)|study|live|do (?:maths?|science))\b"
    rf"|\b(?:all|most|typical) {_GROUPS} (?:steal|lie|cheat|smell|are poor|commit crimes?|are rich)\b"
    r"|\bbelongs? in the kitchen\b|\bgo back to (?:your|their) (?:own )?countr(?:y|ies)\b|\b(?:master|superior) race\b(?! (?:theory|ideology|claim|propaganda|myth))"
    r"|\b(?:las mujeres|los judios|los musulmanes|los negros|los inmigrantes|los gitanos) son (?:todos |todas |mas )?(?:inferior|inferiores|tontos|tontas|vagos|perezosos|ladrones|criminales|terroristas|sucios|debiles)"
    r"|\bles (?:femmes|juifs|musulmans|noirs|immigres|arabes|roms) sont (?:tous |toutes |plus )?(?:inferieur|stupides|paresseux|voleurs|criminels|terroristes|sales|faibles|betes)"
    r"|\b(?:frauen|juden|muslime|schwarze|auslander|fluchtlinge|zigeuner) sind (?:alle |immer )?(?:minderwertig|dumm|faul|diebe|kriminell|terroristen|dreckig|schwach)"
    r"|(?:النساء|البنات|المراه|المراة|اليهود|المسيحيون|المسيحيين|المسلمون|المسلمين|السود|المهاجرون|المهاجرين|اللاجئون|اللاجئين|الاجانب|الغجر|المعاقون|الفقراء)"
    r" (?:كلهم |جميعهم |دائما |اقل |هم |هن ){0,2}(?:اغبياء|غبيات|غبيه|غبية|كسالي|قذرون|قذرين|مجرمون|مجرمين|ارهابيون|ارهابيين|لصوص|ادني|ذكاء من|ضعيفات عقل|ناقصات عقل|حيوانات|خونه|خونة|عبء)"
    r"|(?:женщины|евреи|мусульмане|мигранты|цыгане|негры) (?:все |всегда )?(?:глуп|ленив|воры|преступники|террористы|ниже|грязн)"
)

# No fault, but nothing that should pass without a careful reader.
SENSITIVE = re.compile(
    r"\b(?:suicid\w*|self.harm|rape[ds]?|sexual(?:ly|ity)?|abortion\w*|genocide\w*|holocaust|slavery|slaves?|terroris\w*|massacre\w*|nazi\w*|apartheid|lynch\w*|torture\w*"
    r"|gun|guns|weapon\w*|drugs?|heroin|cocaine|alcohol|vaccin\w*|religio\w*|muslims?|islam\w*|jew(?:s|ish)?|judaism|christian\w*|hindu\w*|buddh\w*|prophet|bible|quran|koran|torah|god"
    r"|gay|lesbian|transgender|racial\w*|racis\w*|ethnic\w*|immigra\w*|refugee\w*|election\w*|president|politic\w*|israel\w*|palestin\w*|war crimes?|dosage|overdose)\b"
    r"|\b(?:suicidio|violacion|esclav\w*|terrorismo|religion\w*|genocidio|esclavage|religieu\w*|sklaverei|holocauste?|volkermord)\b"
    r"|(?:انتحار|اغتصاب|اباده|ابادة|ارهاب|عبوديه|عبودية|الرق|دين|الاسلام|مسيحي|يهود|القران|نبي|النبي|الرسول|مخدرات|سلاح|اجهاض|لاجئ|سياس|انتخاب|فلسطين|اسرائيل)"
    r"|(?:самоубийств|терроризм|геноцид|рабств|религи|自杀|宗教|屠杀)"
)

# Digests (lms.ai.gates.safety.digest) of words that are rude or name a group with contempt, in several languages.
_DIGESTS = """
08a841e996781e9e 0ce875d620076b53 0ffbe90c98fc2b48 120f6e5b4ea32f65 158869a97379229b 167e82b2507758d4 16ea09fc78ca83ca
1bc9c8ddd83611a8 1db1597702c9248e 1e02eec4f1095143 1f5758aeeccbd21d 212e1f3477b3b421 22fc75e65a0e9d34 250b82818401325f
268651b3ece98010 29d624c6602701b8 2df80a7748013cc5 2f5f6ce5ae30b54a 30a989afc82c0a21 31506a8448a761a4 333f7618092958c7
38ba35fc0a476152 39d9f82ef85359e2 3b1e0d7c5dd45583 402f7ebd98864afe 42ba05a7e5e4944d 43aa53816900e29f 45651f2cb0f1173a
45cd3e1bb472d8e2 489a845537412def 4916466c46764610 4c00407b0497e23e 517ae3f73216da64 521e601a5247c67c 566f532d486c9477
5a9d9dcefb56e593 5a9f0a1e29ac9b73 5b3ae48be122f7ed 5d290e1de3439ddf 62394f7007bccbd8 6876f57b90dc6339 6ac3c336e4094835
7122c9a14ba2d20e 717164af499c2899 74d4e4476ad731a5 7fa95a82f00de26d 82159dd02870c13e 85fc17f7069acd39 862a6b5e79332735
880e042d271f08cd 886d51e97ad7931d 8b876e57eb73367d 8f5083e3e5c7dc89 8fcdc6287be29b5f 986c99004163a6c5 98b52c4b6b7d1f48
9a2d546f7dc69d48 9ae315a94e428a7e 9b622eb5648e7c40 b020092d98337ba0 b690cdbe59f14b3b ba5f2ceb991323d4 bb61ef40814ce34c
bd331fb1d24298f5 bdb1cc258d6976aa c0f9c42d0879573e c1cabb6f6e431f9c c3de533e9b7fe63b c564950edacf6c9e c6e505c49d0e27a0
c88b0f083353d3c4 cc02032349c833ac cfdd4b20e1e84cc8 d05661c81df53f54 d5ebe71514c411d4 d66f84cc756b9cc4 d75a838dc758ba17
da0a6b1b9213d48f e51d490d2db8ad95 e556ecf27a7d22a9 ea5f6c2d509b521d eef3bd091670c344 efc0c180c86492bc f50c51ed2315dcf3
f5ff667742e17d7d f9d0d9b18ae9033a fce0dce51a167ce4
"""
RUDE = frozenset(_DIGESTS.split())
