# Моё заявление: этап, а с последними 4 цифрами удостоверения - подробности.

status-none =
    С этого номера заявления нет.
    Помощь: 142
    .error = Подать заявление? Напишите 1:
    .opt-apply = Новое заявление
status-awaiting =
    { $ask-reference }
    Без номера от нотариуса решения нет
    .error = Номер уже есть? Напишите 1:
    .opt-number = Номер есть
status-gathering =
    { $ask-reference } проверяется
    Решение к { $ask-decide-by }
    Бесплатно, не платите. 142
status-gathering-undated =
    { $ask-reference } проверяется
    Срок решения пока неясен
    Бесплатно, не платите. 142
status-late =
    { $ask-reference }: решение задержано, извините.
    Бесплатно, не платите. 142
status-granted =
    { $ask-reference }
    Решено: помощь назначена
    .opt-details = Сумма и срок
status-refused =
    { $ask-reference }
    Решение: отказ
    .opt-details = Причина
status-card-ready =
    { $ask-reference }
    Карта готова
    .opt-card = Где и когда
    .opt-details = Сумма
status-superseded =
    { $ask-reference } остановлено: есть другое по этому ФИН
    Это не вы? 142

status-last-four = Последние 4 цифры удостоверения:
    .error = Нужны 4 цифры.
status-wrong =
    Цифры не совпали.
    Помощь: 142
    .opt-again = Ещё раз
status-locked =
    Попытки кончились. Повторите через 24 часа.
    Помощь: 142
status-not-begun =
    Для решения нужен номер от нотариуса: *7142*2#
    Бесплатно, не платите. 142
status-undecided =
    Решения пока нет.
    Не позднее { $explain-decide-by }
    Бесплатно, не платите. 142
status-undecided-undated =
    Решения пока нет.
    Срок решения пока неясен
    Бесплатно, не платите. 142
status-undecided-late =
    Решение задержано, извините.
    Бесплатно, не платите. 142
status-award =
    { $explain-amount } в месяц
    { $explain-from }-{ $explain-until }
    Бесплатно, не платите. 142
status-reasons =
    Причина: { $explain-reasons }
    Бесплатно, не платите. 142
status-later =
    Ответа пока нет. Наберите позже: *7142#
    Помощь: 142
    .sms =
        Ответа пока нет. Напишите позже.
        Помощь: 142
