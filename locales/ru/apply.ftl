# Заявление: что нужно, согласие, члены семьи, проверка, отправка.

apply-prepare = Бесплатно. Нужны ФИН всех, документ, номер от нотариуса.
    .error = Чтобы продолжить, напишите 1:
    .opt-go-on = Далее
apply-consent = Данные семьи возьмём в госорганах. Согласны?
    .error = Взять данные семьи в госорганах? Пишите 1 или 2:
    .opt-agree = Да
    .opt-decline = Нет
apply-declined =
    Без вашего согласия принять заявление нельзя.
    Помощь: 142

apply-members = ФИН члена семьи (вы+{ $members-count }):
    .error = В ФИН 7 знаков. Напишите снова:
    .done = Больше никого
    .remove = Убрать
    .which = Кого убрать?
    .item = { $relation } { $fin }
    .duplicate = ФИН уже есть.
apply-fix-members = ФИН члена семьи (вы+{ $members-count }):
    .error = В ФИН 7 знаков. Напишите снова:
    .done = Больше никого
    .remove = Убрать
    .which = Кого убрать?
    .item = { $relation } { $fin }
    .duplicate = ФИН уже есть.

apply-review =
    ФИН { $fin }, { $card-series } { $card-number }
    Нотар. номер: { $notary }
    { $members-count ->
        [0] Семья: только вы
       *[more] Семья: { $members-list }
    }
    { $district }
    Верно?
    .sms =
        ФИН { $fin }, { $card-series } { $card-number }
        Нотар. номер: { $notary }
        { $members-count ->
            [0] Семья: только вы
           *[more] Семья: { $members-list }
        }
        Место: { $district }
        Карта: { $branch }
        Верно?
    .opt-send = Отправить
    .opt-correct = Изменить
apply-correct = Что не так?
    .error = Выберите:
    .opt-applicant = Документ
    .opt-notary = Нотариат
    .opt-members = Семья
    .opt-place = Адрес/банк
    .opt-meters = Счётчик

# Последние экраны. Номер и даты придут и по SMS.
apply-registered =
    Принято { $send-registered-on }
    { $send-reference }
    Решение к { $send-decide-by }
    Никому не платите. 142
apply-undated =
    { $send-reference } принято
    Срок решения пока неясен
    Бесплатно, не платите. 142
apply-awaiting =
    Сохранено: { $send-reference }
    Номер от нотариуса: *7142*2#
    Никому не платите. 142
apply-already =
    Ваше заявление уже есть:
    { $send-reference }
    от { $send-registered-on }
    Бесплатно, не платите. 142
apply-limited =
    С этого телефона за 30 дней подали трое. Подайте с другого.
    Помощь: 142
apply-recorded =
    Ваши данные сохранены. Номер придёт по SMS.
    Бесплатно, не платите. 142
apply-not-registered =
    Пока не принято. Ответы храним 3 дня.
    Наберите позже: *7142#
    Помощь: 142
    .sms =
        Пока не принято. Ответы храним 3 дня.
        Напишите позже: ЗАЯВКА
        Помощь: 142
