# До заявления: у кого оно уже есть, узнаёт об этом сразу.

begin-has-awaiting = Заявка { $find-reference }
    .error = Заявка есть. Выберите:
    .sms = У вас уже есть заявление: { $find-reference }. Для решения нужен номер от нотариуса.
    .opt-number = Номер нотариуса
    .opt-status = Этап
    .opt-other = Другая семья
begin-has = Заявление есть: { $find-reference }
    .error = Заявление есть. Выберите:
    .opt-status = Моё заявление
    .opt-other = Другая семья
