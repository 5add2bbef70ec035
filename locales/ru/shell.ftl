# Собственные слова службы: они на каждом экране, поэтому короткие.
# На один экран USSD по-русски помещается 80 знаков.

shell-back = Назад
shell-home = Меню
shell-next = Далее
shell-yes = Да
shell-no = Нет
shell-none = нет
shell-choose = Снова:
shell-unreadable = Неясно
shell-confirm = { $value }: верно?
shell-help =
    Услуга бесплатна. Помощь: 142
    Ответы сохранены.
shell-retry = Ещё раз
shell-resume = Ваше заявление не закончено.
shell-continue = Продолжить
shell-again = Начать заново
shell-restarted = Обновлено.
shell-ended = Сейчас продолжить нельзя. Наберите позже: *7142#. Помощь: 142
    .sms = Сейчас продолжить нельзя. Напишите позже. Помощь: 142
shell-incomplete = Сообщение пришло не полностью. Напишите снова, короче. Помощь: 142
