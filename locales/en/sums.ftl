# How a sum is made, line by line: shown by "dayaq rules explain". No phone is sent it.

sum-rules = Day of application: { $day }. Rules: { $rules }.
sum-ungoverned = Day of application: { $day }. No rules govern that day, nothing is decided.
sum-not-counted = Member { $member } does not count: { $why }.
sum-member-unproven = Member { $member } does not count: nothing proves them.
sum-member-elsewhere = Member { $member } does not count: they count in another family.
sum-limit = Limit of need: { $heads } { $heads ->
    [one] person
   *[other] people
} x { $criterion } = { $limit } a month.
sum-income = Income, { $kind }: { $amount }.
sum-income-other = Income, kind "{ $kind }": { $amount }.
sum-ignored = No income by law, { $kind }: { $amount }.
sum-ignored-other = No income by law, kind "{ $kind }": { $amount }.
sum-average = Average monthly income: { $total } / { $months } months = { $average }.
sum-deals = Purchases and sales in 12 months: { $total }, limit: { $limit }.
sum-utilities = Utilities and telephone per person a month: { $spending }, limit: { $limit }.
sum-entry = Ground in article 3 of the law: { $reason }.
sum-noted = Found, but refuses nobody: { $reasons }.
sum-refused = Refused. Reason: { $reasons }.
sum-granted = Assistance: { $limit } - { $average } = { $amount } a month.
sum-paid = Paid from { $from } until { $until }.
sum-unverified = Not decided yet: the applicant is not verified.
sum-assumed = Not decided yet: the amount rests on a value whose source was not found.
sum-contradiction = Not decided yet: two institutions contradict each other.
sum-unproven = Not decided yet: nothing proves that somebody is of the family.
sum-contested = Not decided yet: a member counts in the award of another family.
sum-norm = Not decided yet: no yield is known for land or livestock.

income-alimony = alimony
income-allowance = allowance
income-assistance = earlier social assistance
income-business = business
income-contract = work under a contract
income-displacement-allowance = allowance for the displaced
income-gift = gift
income-holdings = land and livestock
income-liberated-area-allowance = allowance of specialists in the liberated areas
income-loan = loan
income-pension = pension
income-prison-wage = wage in prison
income-remittance = remittance
income-stipend = stipend
income-subsidy = farming subsidy
income-unemployment-insurance = unemployment insurance
income-utilities = spending on utilities and telephone
income-wage = wage

not-counted-prisoner = in prison
not-counted-foreigner = not a citizen
not-counted-dead = has died
not-counted-missing = declared missing
not-counted-conscript = serving as a conscript
not-counted-state-kept = kept wholly by the state
not-counted-wanted = wanted by the police
not-counted-abroad = lives abroad
not-counted-whereabouts-unknown = whereabouts unknown

entry-incapacity = a member cannot work
entry-disabled-care = care of a member with a heavy disability
entry-disabled-child-care = care of a disabled child
entry-young-child-care = care of a small child
entry-study = a member studies full time
entry-unemployment-insurance = a member is paid unemployment insurance
entry-death = a member has died
entry-missing = a member is declared missing
entry-prison = a member is in prison
entry-whereabouts-unknown = nobody knows where a member is
entry-work = a member works and earns little
