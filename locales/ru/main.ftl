main-language = Dil/Язык/Language
    .opt-az = Azərbaycanca
    .opt-ru = Русский
    .opt-en = English
main-menu = Соцпомощь
    .opt-apply = Новое заявление
    .opt-status = Статус
    .opt-card = Карта
    .opt-language = Язык/Dil
    .opt-help = Помощь 142
main-help =
    Помощь: 142
    Сайт: e-sosial.az
    Услуга бесплатна, никому не платите.
