# İmtina səbəbləri: SMS-də və ekranda "Səbəb:" sözündən sonra gəlir.

reason-identity = FİN və vəsiqə nömrəsi bir-birinə uyğun gəlmir
reason-notary = notarial ərizə tapılmadı və ya müddəti keçib
reason-residence = yazdığınız rayon qeydiyyatınızdan fərqlidir
reason-family = ailə üzvü ilə qohumluq təsdiqlənmədi
reason-income = orta aylıq gəlir { $income }, hədd { $limit }
reason-vehicle = mülkiyyətdə/istifadədə nəqliyyat vasitəsi var
reason-property = müxtəlif ünvanda eyni təyinatlı 2 və ya daha çox daşınmaz əmlak var
reason-deals = 12 ayda alqı-satqı { $total }, hədd { $limit }
reason-utilities = adambaşına ayda kommunal və rabitə xərci { $spending }, hədd { $limit }
reason-jobs = 2 münasib işdən imtina edilib, yenidən müraciət tarixi: { $again }
reason-entry = qanunun 3-cü maddəsi üzrə əsas yoxdur
reason-not-counted = ailədə yardım hesablanan üzv yoxdur
