// The phrases of opt_out_words, as data. Words are as plain_words() writes them.
//
//   a|b     one of these words          word?   may be missing
//   *       up to three words           <name>  one of the sequences of that group
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::call {

enum class PhraseKind : std::uint8_t {
  order,  ///< "stop calling me": an order or a request to whoever listens
  ban,    ///< "don't call me": an order that a time, a place or a name turns into something else
  entry,  ///< "take me off your list": an order about a list or a number
  statement,  ///< "I don't want to be called": has its subject inside
};

struct Phrase {
  PhraseKind kind;
  std::string_view words;
};

struct PhraseGroup {
  std::string_view name;
  std::string_view sequences;  ///< separated by '/'
};

inline constexpr std::array phrase_groups = std::to_array<PhraseGroup>({
    {"call", "call|phone|ring|contact|text|dial|telephone"},
    {"calling",
     "calling|phoning|ringing|contacting|texting|dialing|dialling|harassing|spamming|pestering|"
     "hounding"},
    {"called", "called|phoned|contacted|telephoned|rung"},
    {"me",
     "me|us back?/here/back/this|my|our phone|telephone|cell|mobile? "
     "number|phone|house|home|line|place|office"},
    {"mine",
     "me|us/my|our name and number/this|my|our|the phone|telephone|cell|mobile? number/my|our "
     "name|info|information|details|contact"},
    {"again", "again/anymore/any more/no more/any longer/ever again"},
    {"list", "list|lists|database|databases|system|systems|records|registry|directory|file|files"},
    {"off", "off of?/from/out of"},
    {"want", "want|wanna|wish|need/would like|prefer|want/id|wed like|prefer|rather"},
    {"dont", "dont/do not/never/not"},
    {"nomas", "mas/nunca mas?/otra vez/de nuevo/jamas"},
    {"liste_de", "liste|anrufliste|telefonliste|kontaktliste|kartei|datenbank"},
    {"plus", "plus jamais?"},
});

inline constexpr std::array orders = std::to_array<Phrase>({
    {PhraseKind::order, "stop|quit|cease <calling> <me>"},
    {PhraseKind::ban, "stop|quit|cease <calling>"},
    {PhraseKind::order, "stop|end|cease with? these|all|your|making phone|sales|the? calls"},
    {PhraseKind::order, "stop|end the phone|sales? calls"},
    {PhraseKind::order, "cease and desist"},
    {PhraseKind::ban, "dont|never <call> <me> <again>?"},
    {PhraseKind::ban, "dont|never <call> <again>"},
    {PhraseKind::ban, "do|please not <call> <me> <again>?"},
    {PhraseKind::ban, "do not <call> <again>"},
    {PhraseKind::ban, "dont you dare|ever? <call> <me>? <again>"},
    {PhraseKind::ban, "dont bother|try <calling> <me>? <again>?"},
    {PhraseKind::order, "last time you|they <call> <me>"},
});

inline constexpr std::array statements = std::to_array<Phrase>({
    {PhraseKind::statement, "can|could|would|will you guys|people|all? not <call> <me> <again>?"},
    {PhraseKind::statement,
     "i|we dont|do|never|no not? want|wish|wanna you|anyone|anybody|your guys|people|all|company? "
     "to? <call>|calling|contacting <me> <again>?"},
    {PhraseKind::statement,
     "i|we dont|do not? want|wish|wanna|like|care to? be|get <called> <again>?"},
    {PhraseKind::statement,
     "i|we dont|do not? want|wish to? receive|get|have? any? more? of? "
     "these|your|further|more|unsolicited|such phone|sales? calls"},
    {PhraseKind::statement,
     "i|we dont|do not? want|wish to? receive|get|have? any phone|sales? calls"},
    {PhraseKind::statement,
     "i|we never|dont|do not? want|wanna to? hear from you people|guys|all? <again>?"},
    {PhraseKind::statement, "i|we never want another call from"},
    {PhraseKind::statement,
     "id|i|we|wed would? prefer|rather|appreciate that|if|it? if? you not|didnt|dont|never <call> "
     "<me> <again>?"},
    {PhraseKind::statement, "you dont have my|any? permission|consent to <call> <me>"},
    {PhraseKind::statement, "you do not have my|any? permission|consent to <call> <me>"},
    {PhraseKind::statement, "you have no permission|consent to <call> <me>"},
    {PhraseKind::statement, "you arent|youre allowed|permitted to <call> <me>"},
    {PhraseKind::statement, "you are not|no longer? allowed|permitted to <call> <me>"},
    {PhraseKind::statement, "youre not|no longer? allowed|permitted to <call> <me>"},
    {PhraseKind::statement,
     "i|we dont|do|no not|longer? consent to these|any|further|being|your|more "
     "<called>|calls|further|phone calls?"},
    {PhraseKind::statement,
     "i|we hereby? revoke|withdraw my|our consent|permission to? be? called|contacted?"},
    {PhraseKind::statement,
     "i|ive|we|weve have? already? told|asked|asking|telling you guys|people|all? already? "
     "not|never to <call> <me> <again>?"},
    {PhraseKind::statement, "im|i am? not|never <called> again"},
    {PhraseKind::ban, "no more phone|sales? calls"},
    {PhraseKind::ban, "keine anrufe mehr"},
});

inline constexpr std::array entries = std::to_array<Phrase>({
    {PhraseKind::entry,
     "take|get|remove|delete|cross|strike|scratch|drop|wipe|erase|taking|removing <mine> <off> * "
     "<list>"},
    {PhraseKind::entry, "remove|delete|erase|lose my|this|our phone|telephone|cell|mobile? number"},
    {PhraseKind::entry, "remove me"},
    {PhraseKind::statement,
     "i|we|id|wed <want>? want|like|asked|need|wish|prefer? <mine>? to? be|get? "
     "taken|removed|deleted|struck|off <off>? * <list>"},
    {PhraseKind::statement, "can|could|may i|we be|get taken|removed? <off> * <list>"},
    {PhraseKind::entry,
     "put|add|place|register|get|include|enter <mine> on|to|onto|in|into * do|dont|no not? call "
     "list|lists|registry|register"},
    {PhraseKind::statement,
     "i|we|id want|need|like|wish|would like? to? be|go|get on|in * do|dont|no not? call "
     "list|lists|registry|register"},
    {PhraseKind::statement,
     "i|we|id want|need|like|wish|would like? to? be|get? put|added|placed|listed on|to * "
     "do|dont|no not? call list|lists|registry|register"},
    {PhraseKind::entry, "opt me|us out"},
    {PhraseKind::statement,
     "i|id|we|wed <want>? want|like|need|wish? to? opt out of? these|your|all|any|further|future? "
     "phone? calls?"},
    {PhraseKind::entry, "unsubscribe me|us|this"},
});

inline constexpr std::array spanish = std::to_array<Phrase>({
    {PhraseKind::order,
     "deje|deja|dejen|dejenme|dejeme|pare|paren de "
     "llamarme|llamarnos|llamar|marcarme|marcar|contactarme|molestarme"},
    {PhraseKind::ban,
     "no me|nos "
     "llame|llamen|llames|marque|marquen|contacte|contacten|contactes|telefonee|telefoneen "
     "<nomas>?"},
    {PhraseKind::ban, "no llame|llamen|llames|marque|marquen <nomas>"},
    {PhraseKind::ban, "no llame|llamen|llames <nomas>? a|aqui este? numero?"},
    {PhraseKind::ban,
     "no vuelva|vuelvan|vuelvas a llamar|llamarme|llamarnos|marcarme|marcar|contactarme"},
    {PhraseKind::statement,
     "no quiero que me|nos llame|llamen|llames|contacten|contacte|marquen <nomas>?"},
    {PhraseKind::statement, "no quiero que me|nos? vuelva|vuelvan a llamar|llamarme|contactar"},
    {PhraseKind::statement, "no quiero mas|recibir mas? llamadas"},
    {PhraseKind::statement,
     "no deseo mas|recibir|ser mas|contactado|contactada|llamado|llamada llamadas?"},
    {PhraseKind::entry,
     "quiteme|quitenme|quitame|saqueme|saquenme|borreme|borrenme|elimineme|eliminenme de "
     "su|sus|la|las|esa|esta|tu <list>|lista|listas|base"},
    {PhraseKind::entry,
     "quite|quiten|borre|borren|elimine|eliminen|saque|saquen|borra|elimina mi numero|telefono"},
    {PhraseKind::entry, "pongame|ponganme en * lista de no llamar"},
});

inline constexpr std::array german = std::to_array<Phrase>({
    {PhraseKind::order, "horen|hor|hoeren|hoer|hort sie? auf mich|uns|hier|zu? anzurufen|zu"},
    {PhraseKind::ban,
     "rufen|ruf sie? mich|uns|hier|bei|diese|unter uns|nummer|dieser? nummer? nicht|nie|niemals "
     "mehr|wieder|erneut|noch? einmal? an"},
    {PhraseKind::ban, "nicht|nie mehr|wieder anrufen"},
    {PhraseKind::statement,
     "ich|wir mochte|moechte|will|mochten|wollen|wunsche|wuensche nicht|nie|keinesfalls "
     "mehr|wieder? angerufen|kontaktiert werden"},
    {PhraseKind::statement,
     "ich|wir mochte|moechte|will|mochten|wollen|wunsche keine|keinen|keinerlei weiteren|solchen? "
     "anrufe|anruf mehr?"},
    {PhraseKind::statement,
     "ich|wir mochte|moechte|will|mochten|wollen dass sie mich|uns|hier|nie nicht|nie mehr|wieder "
     "anrufen|kontaktieren"},
    {PhraseKind::entry,
     "streichen|nehmen|loschen|loeschen|entfernen|streich|nimm sie? mich|uns|meine|unsere "
     "nummer|telefonnummer|daten? von|aus ihrer|der|dieser|eurer|allen|ihren <liste_de>"},
    {PhraseKind::entry,
     "loschen|loesch|losch|loeschen|entfernen|streichen sie? meine|unsere|diese "
     "nummer|telefonnummer|rufnummer|kontaktdaten"},
    {PhraseKind::order, "unterlassen sie? die|diese|weitere|solche|ihre|jegliche anrufe"},
    {PhraseKind::ban, "kontaktieren|kontaktiert|kontaktiere sie? mich|uns nicht|nie mehr|wieder"},
    {PhraseKind::statement, "ich widerrufe meine einwilligung"},
});

inline constexpr std::array french = std::to_array<Phrase>({
    {PhraseKind::order,
     "arretez|arrete|cessez|cesse de? mappeler|nous|me|dappeler|mharceler|contacter "
     "appeler|rappeler|contacter|telephoner|harceler? ce|ici? numero?"},
    {PhraseKind::ban,
     "ne mappelez|mappelle|nous|me|rappelez|nappelez "
     "appelez|rappelez|contactez|telephonez|appelle|contacte? <plus>"},
    {PhraseKind::ban, "nappelez <plus>"},
    {PhraseKind::ban, "ne mappelez pas"},
    {PhraseKind::ban, "ne <plus> mappeler|nous|me|rappeler appeler|rappeler|contacter?"},
    {PhraseKind::statement,
     "je|nous ne veux|voulons|souhaite|souhaitons|desire <plus> etre|que "
     "appele|appelee|appeles|contacte|contactee|contactes|vous mappeliez|nous|me? "
     "appeliez|contactiez?"},
    {PhraseKind::statement,
     "je|nous ne veux|voulons|souhaite|souhaitons <plus> recevoir|avoir? "
     "dappels|dappel|vos|vos|ces|de appels|appel?"},
    {PhraseKind::entry,
     "retirez|enlevez|supprimez|effacez|rayez|otez moi|nous|mon|mes|ce numero|nom|coordonnees? "
     "de|des|du votre|vos|la|cette|ces? liste|listes|fichier|fichiers|base"},
    {PhraseKind::entry,
     "supprimez|effacez|enlevez|retirez|supprimer|effacer|retirer|enlever mon|ce|notre numero"},
});

inline constexpr std::array phrases = {
    std::span<const Phrase>(orders),  std::span<const Phrase>(statements),
    std::span<const Phrase>(entries), std::span<const Phrase>(spanish),
    std::span<const Phrase>(german),  std::span<const Phrase>(french),
};

}  // namespace tandem::call
