# Части заявления: заявитель, нотариальное заявление, член семьи, место жительства, счётчики.

applicant-fin = Ваш ФИН (7 знаков в удостоверении):
    .error = В ФИН 7 знаков, без I и O.
applicant-card-series = Серия удостоверения:
    .opt-aze = AZE
    .opt-aa = AA
    .opt-myi = MYİ
    .opt-dyi = DYİ
    .opt-mom = MOM
applicant-number-8 = 8 цифр после букв { $card-series }:
    .error = Нужно 8 цифр.
applicant-number-7 = 7 цифр после букв { $card-series }:
    .error = Нужно 7 цифр.

notary-number = Номер заявления от нотариуса:
    .skip = Пока нет
    .error = Нужно 4-12 цифр.
notary-none = Без номера решения не будет. Номер можно дать позже.
    .error = Чтобы продолжить, напишите 1:
    .opt-go-on = Дальше

member-fin = ФИН члена семьи (7 знаков):
    .error = В ФИН 7 знаков, без I и O.
member-relation = Кто это?
    .error = Выберите
    .opt-spouse = Муж/жена
    .opt-child = Ребёнок
    .opt-parent = Мать/отец
    .opt-sibling = Брат/сестра
    .opt-other = Другой

place-district = Где живёте? Первые 3 буквы района или города:
    .error = Такого нет. Первые 3 буквы района или города:
    .all = Список
    .found = Где живёте?
place-region = Регион, где живёте:
place-listed = Район или город:
place-branch = Банк карты:

meters-known = Знаете номера счётчиков?
    .opt-known = Да
    .opt-unknown = Нет
meters-electricity = Номер счётчика света:
    .skip = Нет/не знаю
    .error = Нужно 5-12 цифр.
meters-water = Номер счётчика воды:
    .skip = Нет/не знаю
    .error = Нужно 5-12 цифр.
meters-gas = Номер счётчика газа:
    .skip = Нет/не знаю
    .error = Нужно 5-12 цифр.
