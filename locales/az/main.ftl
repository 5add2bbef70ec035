main-language = Dil/Язык/Language
    .opt-az = Azərbaycanca
    .opt-ru = Русский
    .opt-en = English
main-menu = Yardım
    .opt-apply = Yeni müraciət
    .opt-status = Müraciətim
    .opt-card = Kartım
    .opt-language = Dil/Язык
    .opt-help = Kömək 142
main-help =
    Kömək: 142
    Sayt: e-sosial.az
    Xidmət pulsuzdur, heç kimə pul verməyin.
