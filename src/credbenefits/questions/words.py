"""Words for no answer: one register of what survey tools, public files and people write."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from credbenefits._typing import MissingKind

#: Words that people and tools write where they have nothing. Not "na": it can be somebody's initials.
BLANK_WORDS = frozenset({"", "-", "--", ".", "?", "n/a", "nan", "none", "null", "#n/a", "<na>", "missing"})

# Wordings as `_plain` writes them: lower case, without accents, apostrophes, stops and hyphens.
_NOT_ASKED = """
nap; iap; inap; inapplicable; inapp; niu; nask; tnz; not applicable; non applicable; not appl
does not apply; doesnt apply; do not apply; not applicable to me; does not apply to me; item not applicable
section not applicable; schedule not applicable; component not applicable; question not applicable
not asked; was not asked; question not asked; not asked of respondent; not asked in this wave
not asked in survey; not asked in country; not asked or missing; not in universe; out of universe
not in wave
not in scope; out of scope; not in sample; not in subsample; not selected for module; not in this wave
split ballot; not in split; legitimate skip; legit skip; item legitimate skip; valid skip; routed out
survey component legitimate skip; not administered; item not administered; not reached; not routed
not eligible for question; question not in questionnaire; not in questionnaire; not included; filter
filtered
filtered out; not shown; not displayed; not presented; not offered; not available in this year; no interview
not available in this release; not surveyed; not interviewed; not imputable; not available for this wave
no post election interview; deleted due to partial interview; no post data; unit non response
unit nonresponse; not fielded; form not administered; nonparticipant; did not participate; not in frame
trifft nicht zu; nicht zutreffend; entfallt; entfallt filter; nicht anwendbar; nicht gefragt; nicht erhoben
frage nicht gestellt; nicht gestellt; nicht im fragebogen; in fragebogenversion nicht enthalten
nicht relevant
nicht in auswahlgesamtheit; frage in diesem jahr nicht teil des frageprogramms; nicht befragt
keine befragung; logically not applicable; question does not apply; question not displayed; not seen
item not seen; not asked in this country; not included in this version of the questionnaire; noninterview
question not part of the survey programme this year; non interview; test not taken; not relevant
not selected for this question; not asked in this form; not asked on this form
nicht teilgenommen; nicht vorgelegt; filterfuhrung; nicht betroffen
no aplica; no aplicable; no procede; no corresponde; no aplicado; no preguntado; no se pregunto
no preguntada
no se le pregunto; no pertinente; no incluido; pregunta no realizada
sans objet; non concerne; non concernee; pas concerne; pas concernee; non applicable; ne sapplique pas
non pose; non posee; question non posee; pas pose; hors champ; non demande; pas dapplication; non pertinent
nao se aplica; nao aplicavel; nao perguntado; nao perguntada; nao foi perguntado; nao se lhe aplica
ej tillampligt; ej tillamplig; inte tillampligt; ej aktuellt; ej aktuell; inte aktuellt; ej relevant
inte relevant
ej tillfragad; ej stalld; fragan ej stalld; berors ej; ej fragad; inte stalld
ikke aktuelt; ikke relevant; uaktuelt; ikke spurt; ikke stilt; uoplyst filter; ikke aktuell; ikke anvendelig
ikke spurgt; ikke stillet; ikke aktuel; ikke tilfaeldet; ikke relevant for mig; ikke aktuelt for meg
ei koske minua; ei sovellu; ei kysytty; ei sovellettavissa; ei koske; ei relevantti; ei sovi
a ekki vid; ekki spurt; a ekki vid um mig; ekki vidkomandi
"""
_REFUSED = """
rf; refused; refusal; refuses; refused to answer; refused to say; refuses to answer; declined
refuse to answer; declines; declined to answer; decline to answer; declines to answer
declined to state; decline to state; decline to say; declined to say; respondent refused; r refused
declined to respond; decline to respond; refusal to answer; i refuse to answer; client refused; unwilling
client prefers not to answer; not willing to answer; unwilling to answer; no comment; withheld
does not want to answer; do not want to answer; dont want to answer; dont wish to answer
do not wish to answer
do not wish to say; dont wish to say; choose not to answer; chose not to answer; choose not to disclose
choose not to say; prefer no answer; prefer no response; wish not to answer; id rather not; prefer not; pnts
pnta; prefer not to; rather not; not disclosed; undisclosed; chose not to say; not declared
verweigert; antwort verweigert; angabe verweigert; auskunft verweigert; keine auskunft
mochte nicht antworten
mochte ich nicht sagen; mochte ich nicht beantworten; will nicht antworten; mochte keine angabe machen
mochte nicht sagen; mochte keine angaben machen; keine antwort gewunscht; verweigerung; angaben verweigert
ich mochte nicht antworten; ich mochte keine angabe machen; ich mochte dazu keine angaben machen
mochte ich nicht angeben; will ich nicht sagen; lieber nicht sagen
rehusa; rehusa contestar; rehusado; se niega; se niega a contestar; se niega a responder; se nego
prefiero no contestar; prefiero no decir; prefiero no decirlo; prefiero no responder; prefiere no contestar
prefiere no responder; prefiere no decir; no quiere contestar; no quiere responder; rehuso
no quiero contestar; no quiero responder; no desea contestar; no deseo responder; no deseo contestar
refus; refus de repondre; a refuse; refuse de repondre; ne souhaite pas repondre; ne veut pas repondre
ne souhaite pas se prononcer; prefere ne pas repondre; prefere ne pas dire; je prefere ne pas repondre
je prefere ne pas le dire; je ne souhaite pas repondre; ne souhaite pas le dire; je ne veux pas repondre
recusa; recusou; recusou se; recusou responder; recusou se a responder; prefiro nao responder
prefiro nao dizer
prefere nao responder; prefere nao dizer; nao quer responder; nao quis responder; nao quero responder
nao deseja responder; recusa responder; nao desejo responder
vagrar; vagrar svara; vill ej svara; vill inte svara; vill inte uppge; vill ej uppge; onskar ej svara
onskar inte svara; vill inte saga; vill ej saga; nekar; avbojer; avstar
vil ikke svare; onsker ikke a svare; vil ikke oppgi; nekter; nekter a svare; vegrer; vil ikke si
onsker ikke a oppgi; vil ikke oplyse; onsker ikke at svare; onsker ikke at oplyse; naegter; naegter at svare
nekter a oppgi; vil helst ikke svare; vil ikke besvare; onsker ikke a si
en halua vastata; ei halua vastata; en halua sanoa; ei halua sanoa; en halua kertoa; ei halua kertoa
kieltaytyi; kieltaytyi vastaamasta; kieltaytyy vastaamasta; kieltaytyminen
vil ekki svara; neitar; neitar ad svara; neitadi ad svara; vill ekki svara; vil ekki gefa upp
"""
_SKIPPED = """
skipped; skip; skipped on web; skipped question; question skipped; respondent skipped this question
no answer
skipped this question; item skipped; skipped item; left blank; blank; web blank
blank but applicable; none given
no answer given; no reply; no response; no response given; non response; nonresponse; item non response
item nonresponse; not answered; unanswered; did not answer; didnt answer; did not respond
seen but unanswered; seen but unanswered question; interview broken off; abbreviated interview
partial interview breakoff
seen but not answered; asked but unanswered; question not answered; not completed; nr; did not reply
no answer provided; not stated; unstated; not reported; not given; not specified; unspecified; not provided
answer not given; not indicated; not mentioned by respondent; noanswer; omitted; left empty; no input
nonrespondent; non respondent; break off; breakoff; interview breakoff; partial interview
sufficient partial
not filled in; not entered; not recorded; no selection; nothing selected; please select
select an option; refused or missing; did not say; not said
keine angabe; keine angaben; ka; keine antwort; ohne angabe; oa; nicht beantwortet; ohne antwort
unbeantwortet
ubersprungen; frage ubersprungen; nicht angegeben; angabe fehlt; keine nennung; interview abgebrochen
kein eintrag; ohne angaben; ka vom befragten; nicht ausgefullt; bitte auswahlen
no contesta; nc; sin respuesta; no responde; no respondio; no contesto; sin contestar; no respuesta
no informa; ninguna respuesta
no contestado; no especificado; no especifica; no consta; en blanco; omitido; no declarado; no indica
pregunta omitida; sin especificar; no informado
sans reponse; non reponse; pas de reponse; aucune reponse; non renseigne; non renseignee
na pas repondu; nrp
non precise; non declare; non indique; pas repondu; non repondu; sans avis exprime
sem resposta; nao responde; nao respondeu; nao resposta; nao informado; nao informou; nao declarado
em branco; omisso
nao consta; nao especificado; nao preenchido; nao declarada; nao informada
uppgift saknas; inget svar; ej svar; ej besvarad; ej besvarat; inte besvarad; ej uppgett; ej angivet
svar saknas
ej angett; inte angett; ingen uppgift; har ej svarat; har inte svarat; ej svarat; obesvarad; bortfall
partiellt bortfall
ubesvart; ikke svar
ikke besvart; ikke svart; ikke oppgitt; intet svar; ubesvaret; ikke besvaret; uoplyst; uoppgitt
ikke oplyst; hoppet over; ikke angivet; ikke angitt; mangler svar; har ikke svart; ingen svar
ei vastausta; ei vastannut; ei ilmoitettu; vastaus puuttuu; tieto puuttuu; puuttuva tieto; en vastannut
ei vastattu; puuttuu; tyhja
ekkert svar; svarar ekki; svaradi ekki; vantar; ekki svarad; osvarad; ekki gefid upp
"""
_UNKNOWN = """
na; n/a; dk; dkn; dknw; dont know; do not know; doesnt know; does not know; didnt know; did not know
i dont know; idk
dunno; dont know yet; respondent doesnt know; client doesnt know; r doesnt know; dk or cant say
dont remember; do not remember; cant remember; cannot remember; cant recall; cannot recall; dont recall
do not recall; unable to recall; could not recall; didnt remember; not sure; unsure; im not sure
i am not sure
dont know not sure; cant choose; cannot choose; can not choose; unable to choose; cant say; cannot say
can not say; couldnt say; could not say; hard to say; difficult to say; cant rate; cannot rate
unable to rate; unable to answer; cant answer; cannot answer; unable to say; unable to determine; uncertain
unknown; unk; unknown value; value unknown; not known; no idea; no opinion; dont have an opinion
no opinion given; have no opinion; havent thought about it; havent thought much about this
never thought about it
havent thought much about it; have not thought about it; not enough information; dont know enough
dont know enough to say; dont know enough about it; dont understand; didnt understand the question
not ascertained; not determined; undetermined; unascertained; could not obtain; not obtained; not collected
data not collected; information not collected; no information; not available; unavailable; nav; navu
asku; unknwn
data missing; missing; missing data; missing value; missing response; system missing; sysmis; user missing
missing not ascertained; value missing; no data; data not available; information not available
carry through missing; uncodeable; uncodable; uncoded; not codeable; not coded; not codable; unclassifiable
not classifiable; not classified; invalid response; invalid answer; invalid value; data error
technical error; instrument error; interviewer error; out of range; multiple response error; illegible
unreadable; unusable; unusable answer; implausible; implausible value; implausible value suspected wrong
suspected wrong; data suppressed; undefined; null; nan
#n/a; #na; #null; #value; #ref; #div/0; #name; n/d; <na>; n/v; not a number; nat
no valid answer; multiple response; invalid skip; wild code; indeterminate; cant tell
could not assess; cannot be assessed; answer improbable; inadmissible multiple response; missing values
no valid answer; bad data; inconsistent response; other missing; proxy respondent; tbd
to be determined; not yet known; item missing; code missing; missing in error
weiss nicht; weiss ich nicht; ich weiss nicht; ich weiss es nicht; weiss es nicht; wn; kann ich nicht sagen
kann nicht sagen; keine meinung; unbekannt; nicht bekannt; weiss noch nicht; unsicher
kann mich nicht erinnern
erinnere mich nicht; kann ich nicht beurteilen; kann nicht beurteilt werden; keine ahnung; fehlend
fehlender wert; unplausibler wert; unplausibel; datenfehler; mehrfachnennung; nicht generierbar
unzulassige mehrfachantwort; nicht bestimmbar; nicht verfugbar; schwer zu sagen; nicht feststellbar
kann mich nicht entscheiden; ich bin mir nicht sicher; nicht sicher; nicht vercodbar; nicht codierbar
nicht valide; nicht lesbar; unleserlich; keine information; keine daten; nicht ermittelbar
no lo sabe; dato perdido
no sabe; ns; no se; no lo se; no sabria decir; no recuerda; no me acuerdo; no recuerdo; no sabe todavia
desconocido; desconocida; se desconoce; sin opinion; no tiene opinion; no esta seguro; no estoy seguro
no estoy segura; sin dato; sin datos; sin informacion; no disponible; perdido; valor perdido; nsnc
ns nc; ns nr
no sabe no contesta; no sabe no responde; ignorado; no puede elegir; no sabe o no contesta; no sabria
no entiende la pregunta; no entiende
ne sait pas; nsp; je ne sais pas; sait pas; ne sais pas; ne se souvient pas; ne se rappelle pas
sans opinion
pas davis; sans avis; inconnu; inconnue; indetermine; manquant; donnee manquante; valeur manquante; nspp
aucune idee; pas sur; pas sure; ne peut pas dire; ne peut choisir; ne se prononce pas; ne sait pas encore
ne peut pas choisir; aucune opinion; pas dopinion; donnees manquantes; non disponible; je ne me souviens pas
nao sabe; nao sei; nao lembra; nao se lembra; nao me lembro; nao tem opiniao; sem opiniao; desconhecido
desconhecida; nao tem certeza; nao tenho certeza; sem informacao; nao disponivel; ns/nr
nao sabe nao responde
nao sabe dizer; indeterminado; sem dados; dado ausente; nao sabe avaliar; ignorada
vet ej; vet inte; jag vet inte; vet inte sakert; minns ej; minns inte; kommer inte ihag; ingen uppfattning
ingen asikt; okand; okant; osaker; inte saker; tveksam vet ej; kan inte svara; kan ej svara; kan inte saga
kan ej ta stallning; kan inte ta stallning; saknas; vet ej ingen uppfattning; kan inte bedoma; okant varde
kan ej bedoma
vet ikke; veit ikke; husker ikke; ukjent; usikker; ingen mening; kan ikke svare; vet ikke sikkert; mangler
jeg vet ikke; kan ikke si; kan ikke velge; ved ikke; det ved jeg ikke; jeg ved ikke; ukendt
husker ej; manglende
manglende data; kan ikke huske; veit ikkje; hugsar ikkje; ingen formening; kan ikke vurdere
usikker vet ikke
en tieda; ei tieda; en osaa sanoa; ei osaa sanoa; eos; en muista; ei muista; ei mielipidetta
tuntematon; puuttuva
ei tietoa; epavarma; en ole varma; en osaa valita; ei osaa valita; puuttuva arvo; ei tiedossa
en tieda varmasti
veit ekki; veit ekki vil ekki svara; man ekki; oviss; ovist; othekkt; ekki viss; veit thad ekki
hef ekki skodun
oakvedin oviss; oakvedinn oviss; get ekki svarad; vantar upplysingar
"""

#: Phrases that go on in many ways, as `_plain` writes them, with the kind of no answer that they say.
_SAY = (
    "(?:say|answer|respond|disclose|state|tell|reply|share|specify|report|provide|indicate|identify|give"
    "|comment|self describe|self identify|be identified|reveal|declare|complete)"
)
_BECAUSE = (
    "(?:because|since|due to|as|less than|under|filter|code|coded|skip|gq|group quarters|not in|no|not)"
)
_GOING_ON: tuple[tuple[MissingKind, str], ...] = (
    ("missing", r"\.[a-z_]?|\.{2,}|-{2,}|\?{2,}"),  # Stata and SAS; nothing but stops, dashes, question marks
    (
        "refused",
        "(i |we |i would |id |would )?(prefers?|rather|choose|chose|wish(es)?|elect)( to)? not( to)? "
        + _SAY
        + r"\b.*",
    ),
    (
        "refused",
        "(i |we )?(do not|dont|does not|doesnt|did not|didnt) (want|wish|care|like) to " + _SAY + r"\b.*",
    ),
    (
        "missing",
        "(i |we |client |respondent )?(really |honestly |still |just )?(dont|do not|doesnt|does not) "
        "(really |actually )?(know|remember|recall)"
        "( yet| now| exactly| for sure| for certain| really| at this time| at all| the answer"
        "| much about it| enough( to (say|answer|judge|rate|tell|choose|have an opinion)"
        "| about (it|this|that))?)?",
    ),
    (
        "missing",
        "(im |i am )?(not (too |really |quite |entirely )?(sure|certain)|unsure)"
        "( yet| at this time| right now| now| about (it|this|that))?",
    ),
    (
        "not_asked",
        "(not applicable|does not apply|doesnt apply|not asked|inapplicable|inap|legitimate skip"
        "|no aplica|nao se aplica|sans objet|nicht gefragt|n/a|na) " + _BECAUSE + r"\b.*",
    ),
    (
        "skipped",
        "(no answer|no response|skipped|not answered|blank|unanswered|missing) "
        "(on|in|by|at|from|because of) (the )?"
        r"(web|survey|phone|paper|mail|respondent|item|question|self completion|interview)\b.*",
    ),
)
_PATTERNS: tuple[tuple[MissingKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern)) for kind, pattern in _GOING_ON
)


def _register() -> dict[str, MissingKind]:
    kinds: tuple[tuple[MissingKind, str], ...] = (
        ("missing", _UNKNOWN),
        ("skipped", _SKIPPED),
        ("refused", _REFUSED),
        ("not_asked", _NOT_ASKED),
    )
    result: dict[str, MissingKind] = {}
    for kind, listed in kinds:
        result.update((words.strip(), kind) for words in re.split(r"[;\n]", listed) if words.strip())
    return result


_KIND_OF = _register()
#: Those of the register that are one word, without accents.
SINGLE_WORDS = frozenset(word for word in _KIND_OF if " " not in word)
#: What stands for no answer only beside another word for it: "DK/REF".
_ONLY_IN_PARTS: dict[str, MissingKind] = {
    "ref": "refused",
    "r": "refused",
    "web": "skipped",
    "other missing": "missing",
    "invalid": "missing",
}
#: Letters that Unicode does not take apart.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ð": "d", "þ": "th", "œ": "oe", "ł": "l", "ı": "i"})
_CODE = re.compile(r"[(\[<{]?[+-]?\d+(\.\d+)?[)\]>}]?[\s:.=)\]-]*(?=[^\W\d_]|[(\[*.#<])")
_ASIDE = re.compile(r"(.*\S)\s*[(\[{][^()\[\]{}]*[)\]}]?")
_PARTS = re.compile(r"\s*(?:[/;,|&]| - |\. |: |\b(?:or|and|oder|und|ou|et|o|y|e|eller|och|og|tai|eda)\b)\s*")


def no_answer(value: object) -> MissingKind | None:
    """Tell what kind of no answer some text is, or None if it is an answer.

    A code before the words ("-9 Refused", "(98) DK"), brackets and stars around them, and a remark in
    brackets after them ("Don't know (VOL.)") make no difference; of several ("DK/Refused") each must be
    known. Bare numbers are judged by their column, in :mod:`credbenefits.frames.doubts`.

    Examples
    --------
    >>> [no_answer(text) for text in ("Inapplicable", "-9. Refused", "*** DK/NA", "k. A.", "No", "None")]
    ['not_asked', 'refused', 'missing', 'skipped', None, None]
    """
    return _no_answer(value) if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _no_answer(value: str) -> MissingKind | None:
    text = canonical(value)
    if text in BLANK_WORDS:
        return "missing" if text != "none" else None  # "none" may be a plain no
    if len(text) > 120:  # nobody writes a story to say that there is no answer
        return None
    code = _CODE.match(text)
    for whole in (text, text[code.end() :] if code else ""):
        if whole and (kind := _of_words(whole)) is not None:
            return kind
    return None


def _of_words(text: str) -> MissingKind | None:
    """Tell the kind of a phrase, with or without a remark in brackets, or of all the parts of one."""
    aside = _ASIDE.fullmatch(text)
    for whole in (text, aside[1] if aside else ""):
        if whole and (kind := _of_phrase(_plain(whole))) is not None:
            return kind
    parts = [_ASIDE.sub(r"\1", part) for part in _PARTS.split(text) if part]
    if len(parts) < 2:
        return None
    kinds: list[MissingKind | None] = [
        _ONLY_IN_PARTS.get(plain) or _of_phrase(plain) for plain in map(_plain, parts)
    ]
    if None in kinds:
        return None
    return kinds[0] if len(set(kinds)) == 1 else "missing"


def _of_phrase(text: str) -> MissingKind | None:
    known: MissingKind | None = _KIND_OF.get(text)
    if known is None:
        known = next((kind for kind, pattern in _PATTERNS if pattern.fullmatch(text)), None)
    return known


def _plain(text: str) -> str:
    """Write words without accents, apostrophes, stops, hyphens, and without what stands around them."""
    if re.fullmatch(r"\.[a-z_]?|[.?-]{2,}", text):
        return text
    bare = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(c for c in bare if not unicodedata.combining(c)).replace("'", "").replace(".", " ")
    bare = re.sub(r"[-_\s]+", " ", bare).strip(' *!?()[]{}"~:=,;/|+')
    if bare.startswith("<") and bare != "<na>":
        bare = bare.strip("<> ")
    return re.sub(r"\b(\w) (?=\w\b(?! \w{2}))", r"\1", bare)
