"""Words for no answer: the register against lists of what public files, tools and people write."""

from __future__ import annotations

import pandas as pd
import pytest

from credbenefits.frames.boundary import read
from credbenefits.frames.columns import encode
from credbenefits.frames.doubts import answered_cells, doubtful, holds_answer
from credbenefits.questions.words import no_answer

#: Per kind: wordings of GSS, ANES, ESS, NHANES, HSLS, ACS, CPS, BRFSS, Pew, HRS, UKHLS, SOEP, GLES, ALLBUS, CIS, PISA,
#: Eurobarometer, LAPOP, SHARE, WVS, and of Qualtrics, LimeSurvey, SurveyMonkey, REDCap, SPSS, Stata, spreadsheets.
POSITIVE = {
    "not_asked": """Inapplicable|iap|IAP|Inap.|INAP (Inapplicable)|Not in universe|NIU|Not asked|Not asked, filter|Not applicable|-2. Not applicable|Does not apply|Legitimate skip|-7: Legitimate skip|Valid skip
        Item legitimate skip|Not administered|Item not administered|Not reached|Not asked or Missing|(-9) Not asked
        -8 Unit non-response|Component not applicable|Not applicable to me|Not available in this year|Not shown|Not displayed
        trifft nicht zu|Trifft nicht zu|nicht erhoben|nicht gefragt|nicht zutreffend|TNZ: FILTER|[-2] trifft nicht zu|Nicht anwendbar
        in Fragebogenversion nicht enthalten|Frage in diesem Jahr nicht Teil des Frageprogramms|entfällt
        No aplica|No procede|no preguntado|Sans objet|Non concerné|non concernée|Ne s'applique pas|Non applicable
        Não se aplica|não perguntado|Ej tillämpligt|Ej aktuellt|Inte aktuellt|Ej relevant|Ikke aktuelt|Ikke relevant|uaktuelt
        Ikke spurt|Ei koske minua|Ei kysytty|Ei sovellu|Á ekki við|Not in scope|Not selected for module|NASK
        Question not displayed|Not asked in this form|Logically not applicable|Non-Interview(-5)|Not relevant
        [-5] Not included in this version of the questionnaire""",
    "refused": """Refused|REFUSED|-9. Refused|*** Refused|Refusal|RF|Declined|Declines to answer|Decline to state|Declined to answer
        Prefer not to say|Prefer not to answer|I prefer not to answer|Rather not say|I'd rather not say|Prefer not to disclose
        I do not wish to answer|Client prefers not to answer|Do not want to answer|Refused to answer|Refused (VOL.)|(-9) Refused
        99: Refused|Choose not to answer|Unwilling to answer|Prefer not to respond|Don't wish to say|Prefer not to self-identify
        Verweigert|Antwort verweigert|möchte nicht antworten|Möchte ich nicht sagen|Möchte keine Angabe machen
        Prefiero no responder|Prefiere no contestar|Rehúsa contestar|Se niega|No quiere contestar|Refus|Refus de répondre
        Préfère ne pas répondre|Je préfère ne pas répondre|Ne souhaite pas répondre|Ne veut pas répondre
        Prefiro não responder|Recusou responder|Prefere não dizer|Recusa|Vill ej svara|Vill inte svara|Vill inte uppge|Vägrar svara
        Ønsker ikke å svare|Vil ikke svare|Ønsker ikke at svare|Nekter|Vil ikke oplyse|En halua sanoa|En halua vastata|Ei halua kertoa
        Kieltäytyi|Neitar að svara|Vil ekki svara""",
    "skipped": """No answer|Not answered|-1 Not answered|Skipped|Skipped on web|Web blank|BLANK|Blank|Left blank|Seen but unanswered
        Item non-response|Nonresponse|No response|No reply|Did not answer|Didn't answer|Not stated|Not reported|Unanswered
        Respondent skipped this question|Asked but unanswered|Question not answered|No answer given|Interview breakoff
        keine Angabe|k. A.|k.A.|K.A.|[-1] keine Angabe|-99: keine Angabe|KEINE ANGABE|ohne Angabe|Keine Antwort|nicht beantwortet
        No contesta|N.C.|Sin respuesta|No responde|No contestó|Sans réponse|Non réponse|Pas de réponse|Non renseigné|Aucune réponse
        Sem resposta|Não respondeu|Não informado|Não responde|Uppgift saknas|Ej svar|Inget svar|Ej besvarad|Ubesvart|Ikke besvart
        Ikke oppgitt|Ubesvaret|Intet svar|Uoplyst|Ei vastausta|Ei vastannut|Tieto puuttuu|Ekkert svar|Svarar ekki|No answer (web)
        Seen but unanswered question|Interview broken off|Partial interview-breakoff|Ninguna respuesta|Ikke svar""",
    "missing": """N.A.|n/a|NA|N/A|N/A (less than 16 years old)|DK|[DK]|98: DK|D.K.|Don't know|Don’t know|DON'T KNOW (VOL.)|(-8) Don't know|-8. Don't know|I don't know|Dont know
        Don't know/Refused|DK/Refused|Refused/DK|DK/NA|DK/REF|Do not know/Cannot choose|Can't choose|Cannot choose|Cannot recall
        Can't recall|Don't remember|I don't remember.|Can't say|Not sure|Unsure|Don't know/Not sure|I am not sure|No opinion|Unknown
        Not ascertained|DK (Don't Know); NA (Not Ascertained)|NA, refused|Missing|MISSING|System missing|SYSMIS|-4 Missing|.|.a|.z|._
        nan|NaN|NULL|null|#N/A|#NULL!|<NA>|--|-|?|Could not obtain|Data not collected|Uncodeable|No data|Not available|UNK
        Don't know enough to say|Don't know yet|Do not remember|Hard to say|Don't know or refused|Blank. INAP (Inapplicable)
        Refused or don't know|Not known|Technical error|Implausible value/suspected wrong|-3 unplausibler Wert
        weiß nicht|Weiß nicht|weiss nicht|WEISS NICHT|Weiß ich nicht|kann ich nicht sagen|keine Meinung|unbekannt
        Weiß nicht/keine Angabe|weiß nicht, verweigert|nicht generierbar|Datenfehler
        No sabe|No sé|NS/NC|N.S.|No sabe / No contesta|No recuerda|Desconocido|Ne sait pas|NSP|Je ne sais pas|NSP/NR|Sans opinion|Inconnu
        Não sabe|Não sei|Não sabe / não responde|NS/NR|Sem opinião|Desconhecido|Vet ej|Vet inte|Vet ej/ej aktuell/vill ej svara
        Ingen uppfattning|Okänt|Vet ikke|Vet ikke / ønsker ikke å svare|Husker ikke|Ukjent|Ved ikke|Det ved jeg ikke|Ukendt
        En tiedä|En osaa sanoa|EOS|e.o.s.|Ei tietoa|Ei osaa sanoa|Veit ekki|Man ekki|Óvíst
        {Multiple response}|Invalid Skip(-3)|Wild code|[-3] nicht valide|[-4] Inadmissible multiple response|Can't tell|---|..|...|??
        Omitted or invalid|Could not assess|No lo sabe|unleserlich""",
}
NEGATIVE = """No|None|None of the above|Never|Not at all|Neither|Other|Not employed|Not sure yet whether to enrol|No children|No degree
    Nothing|Unknown Mortal Orchestra|Don't know anyone|I refused the offer|Skipped breakfast|Namibia|-5 to 0|3 children|0|1-2|3+
    Not mentioned|Not selected|Refused entry|Undecided|It depends|Neither agree nor disagree|Does not apply pressure|I know
    Other or unknown|No answer key|Miss|Reading|Not in the labor force|Not working|Missing limb|Blank verse|Skipped a class
    -2 much worse|No sabe leer|A|B|N|NE|Non|Nej|Nein|Nei|Não|Ei|Ekki|Ninguno|Nada|Nunca|Aucun|Jamais|Rien|Keine|Nichts|Nie|Ingen
    Aldrig|Inga|Nenhum|Yes|Y|T|F|True|False|Agree|Disagree|Neutral|Strongly disagree|Somewhat|Rarely|Sometimes|Often|Always
    Don't agree|I don't|Do not agree|Not important|Not satisfied|Not very|Not interested|Not likely|Not married|Not Hispanic
    Not a student|Not enrolled|Not helpful|Not yet|Not now|No change|No difference|No preference|No religion|No party|No one|Nobody
    No income|No schooling|No high school diploma|No, never|No, not at all|No internet|No problem|No thanks|No way|No comparison
    Would not recommend|Did not vote|Did not attend|Did not work|Did not finish school|Does not have a job|Do not own|Don't like it
    Don't use it|Can't afford it|Cannot walk|Could not find work|Unable to work|Unemployed|Unmarried|Unlikely|Unimportant|Unhappy
    Unchecked|Undergraduate|Uninsured|Refugee|Refund|Reference|Decline in income|Declining|Skip-level manager|Missouri|Missing classes
    Filter coffee|Blank tapes|Error analysis|Null hypothesis|Knew it all along|Know a little|Knows nobody|I remember well
    I don't remember his name|I don't know what I would do without it|Don't know him|Not sure of foot|Know-how|Answering machine
    Non-binary|Non-profit|Nonfiction|Not-for-profit|Nonsmoker|Napping|Nato|Nana|Dkny|Rfid|Inapt|Skilled|Blankenese|Unknown soldier
    The unknown|Prefer to self-describe|I prefer tea|Prefer not to work|Rather not often|Refused a promotion|Declined the job offer
    Trifft zu|Trifft voll zu|Trifft eher nicht zu|Weiß|Weiss|Weiß nicht-hispanisch|Angabe|kein Abschluss|kein Interesse|Keiner
    No estudia|No trabaja|No trabajo|Sabe|Ne travaille pas|Pas du tout|Pas satisfait|Não trabalha|Não estuda|Inte alls|Ikke i det hele tatt
    Ei koskaan|Ei lainkaan|Ekki neitt|1|5|10 or more|Less than 1 year|2024|2024-01-01|Q1|12-15 hours|-3|Under 5|n = 5|B.A.|Ph.D.|M.A.
    Some college, no degree|Employed full time|Student|Retired|San Francisco, CA|O'Neill|North|Wave 2|Group B|Zoom|E-mail|Mon|May|Jan
    Better pay; no stress|Because the course was not offered|I did not know about it|Nothing in particular|Neither of them|Not a lot
    Nope|Nah|Hardly any|Few|Zero|Less|Worse|Same|Don't know how to swim|No idea was bad|In the dark|Test|Pending|Invalid ballot
    Leer|Vide|Ausente|Fehlt|Dudas|Restricted|Confidential|Suppressed|Skipper|Unspoken|Noanswerable|Undeterred|Inept""".replace(
    "\n", "|"
)


def listed(text: str) -> list[str]:
    return [words.strip() for line in text.split("\n") for words in line.split("|") if words.strip()]


@pytest.mark.parametrize(
    ("words", "kind"), [(words, kind) for kind, text in POSITIVE.items() for words in listed(text)]
)
def test_words_for_no_answer_are_known_by_their_kind(words, kind):
    assert no_answer(words) == kind


@pytest.mark.parametrize("words", listed(NEGATIVE))
def test_ordinary_answers_are_answers(words):
    assert no_answer(words) is None


def test_the_lists_are_long_enough():
    assert sum(len(listed(text)) for text in POSITIVE.values()) >= 300
    assert len(listed(NEGATIVE)) >= 250


@pytest.mark.parametrize("value", [1, 99, -9, 3.5, True, False, None])
def test_what_is_no_text_is_judged_by_its_column(value):
    assert no_answer(value) is None


# ---- words that the other answers of the column make answers ---------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        (["DE", "FR", "NA"], []),
        (["SE", "NO", "DK", "FI"], []),
        (["ON", "QC", "NS"], []),
        (["HS", "BA", "DK"], ["DK"]),
        (["Yes", "No", "NA"], ["NA"]),
        (["Trifft voll zu", "Trifft eher zu", "Trifft nicht zu"], []),
        (["ja", "nein", "trifft nicht zu"], ["trifft nicht zu"]),
        (["Applies fully", "Applies partly", "Does not apply"], []),
        (["Very sure", "Sure", "Not sure"], []),
        (["Known", "Unknown"], []),
        (["Relevant", "Not relevant"], []),
        (["Seen", "Not seen"], []),
        (["Male", "Female", "Unknown"], ["Unknown"]),
        (["Available", "Not available"], []),
        (["Accepted", "Declined"], []),
        (["Agree", "Disagree", "Refused"], ["Refused"]),
        (["Yes", "No", "Not sure"], ["Not sure"]),
        (["Yes, for sure", "No", "Not sure"], ["Not sure"]),
        (["Answer A", "Answer B", "No answer"], ["No answer"]),
        (["Yes", "No", "-9"], ["-9"]),
        (["Yes", "No", "8", "9"], ["8", "9"]),
        (["A", "B", 99], [99]),
        (["None", "1", "2", "3 or more"], []),
        (["0", "1-2", "3+"], []),
        (["0"], []),
        (["1 - Strongly disagree", "2", "3", "4", "5 - Strongly agree", "9"], ["9"]),
        (["-2 = much worse", "-1 = worse", "0 = same", "1 = better", "2 = much better"], []),
        (["0 - No", "1 - Yes", "-8 - never seen before"], ["-8 - never seen before"]),
        (["-10 to -5", "-5 to 0", "0 to 5"], []),
        (["5 to 9", "10 or more", "less than 5"], []),
    ],
)
def test_the_column_decides(levels, found):
    data = pd.DataFrame({"q": pd.Series([v for v in levels for _ in range(8)], dtype=object)})
    categories = encode(read(data), "q")
    assert [categories.levels[i] for i in doubtful(categories)] == sorted(found, key=str)


def test_cells_that_hold_an_answer():
    frame = read(
        pd.DataFrame(
            {"q": ["yes", "n/a", None, " ", "Don't know", "none", "x"], "n": [1, None, 2, 3, 4, 5, -9]}
        )
    )
    assert holds_answer(frame, "q").tolist() == [True, False, False, False, False, True, True]
    assert holds_answer(frame, "q", missing=["X"], answers=["don't know"]).tolist()[4:] == [True, True, False]
    assert answered_cells(frame).tolist() == [2, 0, 1, 1, 1, 2, 2]
