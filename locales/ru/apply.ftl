# Заявление: согласие, члены семьи, проверка, отправка.

apply-consent = Данные семьи возьмём в госорганах. Согласны?
    .opt-agree = Да
    .opt-decline = Нет
apply-declined =
    Без согласия принять заявление нельзя.
    Помощь: 142

apply-members = Члены семьи (кроме вас): { $members-count }
    .add = Добавить
    .done = Всё
    .remove = Убрать
    .which = Кого убрать?
    .item = { $relation } { $fin }
    .duplicate = Этот ФИН уже есть.
apply-fix-members = Члены семьи (кроме вас): { $members-count }
    .add = Добавить
    .done = Всё
    .remove = Убрать
    .which = Кого убрать?
    .item = { $relation } { $fin }
    .duplicate = Этот ФИН уже есть.

apply-review =
    { $fin }, { $card-series } { $card-number }
    Нотариат { $notary }
    Семья: вы+{ $members-count }
    { $district }
    { $branch }
    .sms =
        { $fin }, { $card-series } { $card-number }
        Нотариат { $notary }
        Семья: вы+{ $members-count }
        { $district }
        { $branch }
        Свет { $meter-electricity }, вода { $meter-water }, газ { $meter-gas }
    .opt-send = Отправить
    .opt-correct = Исправить
apply-correct = Правка:
    .opt-applicant = ФИН
    .opt-notary = Нотариат
    .opt-members = Семья
    .opt-place = Адрес, банк
    .opt-meters = Счётчик

# Последние экраны. Номер и даты придут и по SMS.
apply-registered =
    Принято { $send-registered-on }
    { $send-reference }
    Решение к { $send-decide-by }
    Бесплатно, не платите. 142
apply-awaiting =
    Сохранено { $send-reference }
    Без нотариата 15 дней не идут
    Бесплатно, не платите. 142
apply-already =
    Ваше заявление уже есть:
    { $send-reference }
    { $send-registered-on }
    Бесплатно, не платите. 142
apply-recorded =
    Данные сохранены. Номер придёт по SMS.
    Бесплатно, не платите. 142
apply-not-registered =
    Пока не принято. Ответы сохранены.
    Наберите позже: *7142#
    Помощь: 142
    .sms =
        Пока не принято. Ответы сохранены.
        Напишите позже: ЗАЯВКА
        Помощь: 142
