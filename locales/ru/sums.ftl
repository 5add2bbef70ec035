# Как получилась сумма, по строкам: показывает «dayaq rules explain». На телефон не отправляется.

sum-rules = День заявления: { $day }. Правила: { $rules }.
sum-ungoverned = День заявления: { $day }. Правил на этот день нет, решения не будет.
sum-not-counted = Член семьи № { $member } не учитывается: { $why }.
sum-member-unproven = Член семьи № { $member } не учитывается: не подтверждён.
sum-member-elsewhere = Член семьи № { $member } не учитывается: учтён в другой семье.
sum-limit = Предел нуждаемости: { $heads } чел. x { $criterion } = { $limit } в месяц.
sum-income = Доход, { $kind }: { $amount }.
sum-income-other = Доход, вид «{ $kind }»: { $amount }.
sum-ignored = Доходом не считается, { $kind }: { $amount }.
sum-ignored-other = Доходом не считается, вид «{ $kind }»: { $amount }.
sum-average = Среднемесячный доход: { $total } / { $months } мес. = { $average }.
sum-deals = Покупки и продажи за 12 месяцев: { $total }, предел: { $limit }.
sum-utilities = Коммунальные услуги и связь на человека в месяц: { $spending }, предел: { $limit }.
sum-entry = Причина по статье 3 закона: { $reason }.
sum-noted = Обнаружено, но отказа за это нет: { $reasons }.
sum-refused = Отказ. Причина: { $reasons }.
sum-granted = Помощь: { $limit } - { $average } = { $amount } в месяц.
sum-paid = Срок выплаты: { $from }-{ $until }.
sum-unverified = Решения пока нет: личность заявителя не подтверждена.
sum-assumed = Решения пока нет: сумма опирается на значение, источник которого не найден.
sum-contradiction = Решения пока нет: сведения двух учреждений противоречат друг другу.
sum-unproven = Решения пока нет: один из указанных не подтверждён как член семьи.
sum-contested = Решения пока нет: член семьи учтён в помощи другой семье.
sum-norm = Решения пока нет: норма дохода от земли или скота неизвестна.

income-alimony = алименты
income-allowance = пособие
income-assistance = прежняя адресная помощь
income-business = предпринимательство
income-contract = работа по договору
income-displacement-allowance = пособие вынужденного переселенца
income-gift = подарок
income-holdings = земля и скот
income-liberated-area-allowance = надбавка специалисту на освобождённых территориях
income-loan = кредит
income-pension = пенсия
income-prison-wage = зарплата в месте заключения
income-remittance = денежный перевод
income-stipend = стипендия
income-subsidy = сельскохозяйственная субсидия
income-unemployment-insurance = страховка по безработице
income-utilities = расходы на коммунальные услуги и связь
income-wage = зарплата

not-counted-prisoner = лишён свободы
not-counted-foreigner = не гражданин Азербайджана
not-counted-dead = умер
not-counted-missing = объявлен пропавшим без вести
not-counted-conscript = на срочной военной службе
not-counted-state-kept = на полном государственном обеспечении
not-counted-wanted = в розыске
not-counted-abroad = живёт за границей
not-counted-whereabouts-unknown = место нахождения неизвестно

entry-incapacity = в семье есть нетрудоспособный
entry-disabled-care = уход за человеком с тяжёлой инвалидностью
entry-disabled-child-care = уход за ребёнком с инвалидностью
entry-young-child-care = уход за маленьким ребёнком
entry-study = член семьи учится очно
entry-unemployment-insurance = член семьи получает страховку по безработице
entry-death = член семьи умер
entry-missing = член семьи пропал без вести
entry-prison = член семьи лишён свободы
entry-whereabouts-unknown = неизвестно, где член семьи
entry-work = член семьи работает, доход мал
