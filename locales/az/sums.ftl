# Məbləğin necə hesablandığı, sətir-sətir: "dayaq rules explain" göstərir. Telefona göndərilmir.

sum-rules = Müraciət tarixi: { $day }. Qaydalar: { $rules }.
sum-ungoverned = Müraciət tarixi: { $day }. Bu gün üçün qaydalar yoxdur, qərar verilmir.
sum-not-counted = { $member } nömrəli üzv hesaba daxil deyil: { $why }.
sum-member-unproven = { $member } nömrəli üzv hesaba daxil deyil: ailə üzvü olduğu təsdiqlənməyib.
sum-member-elsewhere = { $member } nömrəli üzv hesaba daxil deyil: başqa ailədə nəzərə alınır.
sum-limit = Ehtiyac həddi: { $heads } nəfər x { $criterion } = ayda { $limit }.
sum-income = Gəlir, { $kind }: { $amount }.
sum-income-other = Gəlir, növü "{ $kind }": { $amount }.
sum-ignored = Gəlir sayılmır, { $kind }: { $amount }.
sum-ignored-other = Gəlir sayılmır, növü "{ $kind }": { $amount }.
sum-average = Orta aylıq gəlir: { $total } / { $months } ay = { $average }.
sum-deals = 12 ayda alqı-satqı: { $total }, hədd: { $limit }.
sum-utilities = Adambaşına ayda kommunal və rabitə xərci: { $spending }, hədd: { $limit }.
sum-entry = Qanunun 3-cü maddəsi üzrə əsas: { $reason }.
sum-noted = Aşkar edilib, amma imtinaya əsas deyil: { $reasons }.
sum-refused = İmtina edilir. Səbəb: { $reasons }.
sum-granted = Yardım: { $limit } - { $average } = ayda { $amount }.
sum-paid = Ödəniş müddəti: { $from }-{ $until }.
sum-unverified = Hələ qərar verilmir: müraciət edənin şəxsiyyəti təsdiqlənməyib.
sum-assumed = Hələ qərar verilmir: məbləğ mənbəyi tapılmamış göstəriciyə əsaslanır.
sum-contradiction = Hələ qərar verilmir: iki qurumun məlumatı bir-birinə ziddir.
sum-unproven = Hələ qərar verilmir: bir nəfərin ailə üzvü olduğu təsdiqlənməyib.
sum-contested = Hələ qərar verilmir: bir üzv başqa ailənin yardımında nəzərə alınır.
sum-norm = Hələ qərar verilmir: torpağın və ya mal-qaranın gəlir norması bəlli deyil.

income-alimony = aliment
income-allowance = müavinət
income-assistance = əvvəlki ünvanlı sosial yardım
income-business = sahibkarlıq
income-contract = müqavilə üzrə iş
income-displacement-allowance = məcburi köçkün müavinəti
income-gift = hədiyyə
income-holdings = torpaq və mal-qara
income-liberated-area-allowance = azad edilmiş ərazilərdə işləyən mütəxəssisə əlavə
income-loan = kredit
income-pension = pensiya
income-prison-wage = cəzaçəkmə yerində əməkhaqqı
income-remittance = pul köçürməsi
income-stipend = təqaüd
income-subsidy = kənd təsərrüfatı subsidiyası
income-unemployment-insurance = işsizlikdən sığorta ödənişi
income-utilities = kommunal və rabitə xərci
income-wage = əməkhaqqı

not-counted-prisoner = azadlıqdan məhrum edilib
not-counted-foreigner = Azərbaycan vətəndaşı deyil
not-counted-dead = vəfat edib
not-counted-missing = itkin düşmüş elan edilib
not-counted-conscript = müddətli hərbi xidmətdədir
not-counted-state-kept = tam dövlət təminatındadır
not-counted-wanted = axtarışdadır
not-counted-abroad = xaricdə yaşayır
not-counted-whereabouts-unknown = olduğu yer məlum deyil

entry-incapacity = ailə üzvü əmək qabiliyyətli deyil
entry-disabled-care = ağır əlilliyi olan üzvə qulluq edilir
entry-disabled-child-care = əlilliyi olan uşağa qulluq edilir
entry-young-child-care = azyaşlı uşağa qulluq edilir
entry-study = ailə üzvü əyani təhsil alır
entry-unemployment-insurance = ailə üzvü işsizlikdən sığorta ödənişi alır
entry-death = ailə üzvü vəfat edib
entry-missing = ailə üzvü itkin düşmüş elan edilib
entry-prison = ailə üzvü azadlıqdan məhrum edilib
entry-whereabouts-unknown = ailə üzvünün olduğu yer məlum deyil
entry-work = ailə üzvü işləyir, gəliri azdır
