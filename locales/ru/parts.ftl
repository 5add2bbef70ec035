# Части заявления: заявитель, нотариальное заявление, член семьи, место жительства, счётчики.

applicant-fin = Ваш ФИН (7 знаков удостоверения):
    .error = В ФИН 7 знаков, без I и O.
    .ask = Знак { $position }: I не бывает, это 1?
applicant-card-series = Серия удостоверения
    .opt-aze = AZE
    .opt-aa = AA
    .opt-myi = MYİ
    .opt-dyi = DYİ
    .opt-mom = MOM
applicant-number-8 = Номер { $card-series }, 8 цифр:
    .error = Нужно 8 цифр.
applicant-number-7 = Номер { $card-series }, 7 цифр:
    .error = Нужно 7 цифр.

notary-ask = Номер от нотариуса есть?
    .opt-have = Есть
    .opt-none = Пока нет
notary-number = Номер нотариального заявления (4-12 цифр):
    .error = Нужно 4-12 цифр.
notary-none = 15 рабочих дней начнутся, когда дадите номер.
    .opt-go-on = Дальше

member-fin = ФИН члена семьи:
    .error = В ФИН 7 знаков, без I и O.
    .ask = Знак { $position }: I не бывает, это 1?
member-relation = Кто это?
    .error = Выберите
    .opt-spouse = Муж/жена
    .opt-child = Ребёнок
    .opt-parent = Мать/отец
    .opt-sibling = Брат/сестра
    .opt-other = Другое

place-region = Регион, где живёте:
place-district = Район или город:
place-branch = Филиал банка:

meters-electricity = Номер счётчика света:
    .skip = Не знаю
    .error = Нужно 5-12 цифр.
meters-water = Номер счётчика воды:
    .skip = Не знаю
    .error = Нужно 5-12 цифр.
meters-gas = Номер счётчика газа:
    .skip = Не знаю
    .error = Нужно 5-12 цифр.
